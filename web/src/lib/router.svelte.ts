/** Addresses of the page: the path says what is shown, the query how it is filtered. Links are ordinary links. */
import { tick } from 'svelte';

class Router {
  path = $state(location.pathname);
  query = $state.raw(new URLSearchParams(location.search));

  constructor() {
    window.addEventListener('popstate', () => this.#take());
    document.addEventListener('click', (event) => this.#follow(event));
  }

  /** Go to an address. `isInPlace`: a change within the page, which moves neither the focus nor the view. */
  go(to: string, { isReplacing = false, isInPlace = false } = {}): void {
    if (to === location.pathname + location.search) return;
    if (isReplacing) history.replaceState(null, '', to);
    else history.pushState(null, '', to);
    this.#take();
    if (!isInPlace) void settle();
  }

  #take(): void {
    this.path = location.pathname;
    this.query = new URLSearchParams(location.search);
  }

  /** A plain click on a link of ours needs no new load. */
  #follow(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (link === null || link.origin !== location.origin || link.hasAttribute('download')) return;
    if (link.target !== '' || (link.hash !== '' && link.pathname === location.pathname)) return;
    event.preventDefault();
    this.go(link.pathname + link.search, { isInPlace: link.dataset.inPlace !== undefined });
  }
}

/** A new page begins at its top, for eyes and for screen readers. */
async function settle(): Promise<void> {
  await tick();
  window.scrollTo(0, 0);
  document.querySelector<HTMLElement>('main h1')?.focus({ preventScroll: true });
}

export const router = new Router();

/** The name that a part of a path stands for; the part itself where it is not well formed. */
export function named(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The address of the deliveries under a filter; empty parts are left out. */
export function activityPath(filter: Record<string, string | undefined>, id?: string): string {
  return pathUnder('/activity', filter, id);
}

/** The address of the events under a filter. */
export function eventsPath(filter: Record<string, string | undefined>, id?: string): string {
  return pathUnder('/activity/events', filter, id);
}

function pathUnder(root: string, filter: Record<string, string | undefined>, id?: string): string {
  const pairs = Object.entries(filter).filter((pair): pair is [string, string] => Boolean(pair[1]));
  const query = new URLSearchParams(pairs).toString();
  return `${root}${id === undefined ? '' : `/${encodeURIComponent(id)}`}${query === '' ? '' : `?${query}`}`;
}
