/** Light or dark: the system's choice, unless a person made one here. `public/theme.js` applies it at the next load. */
export const THEMES = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const KEY = 'theme';

class Appearance {
  theme = $state<Theme>(chosen());

  choose(theme: Theme): void {
    this.theme = theme;
    if (theme === 'auto') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // Storage is switched off: it holds until the page is loaded again.
    }
  }
}

function chosen(): Theme {
  const found = document.documentElement.dataset.theme;
  return found === 'light' || found === 'dark' ? found : 'auto';
}

export const appearance = new Appearance();
