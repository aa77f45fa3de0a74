/** The time as the page shows it: it moves every ten seconds, and only while someone may be looking. */
const EVERY_MS = 10_000;

class Clock {
  now = $state(Date.now());

  constructor() {
    setInterval(() => this.#look(), EVERY_MS);
    document.addEventListener('visibilitychange', () => this.#look());
  }

  #look(): void {
    if (!document.hidden) this.now = Date.now();
  }
}

export const clock = new Clock();
