/** What just happened, told in sight and to screen readers: good news politely, bad news at once. */
const SHOWN_MS = 8_000;
const SHOWN_MAX = 3;

export interface News {
  readonly id: number;
  readonly words: string;
  readonly isGood: boolean;
}

class Newsroom {
  shown = $state.raw<readonly News[]>([]);
  polite = $state('');
  assertive = $state('');
  #last = 0;

  tell(words: string, isGood: boolean): void {
    this.#last += 1;
    const id = this.#last;
    this.shown = [...this.shown, { id, words, isGood }].slice(-SHOWN_MAX);
    this.announce(words, { isUrgent: !isGood });
    // Bad news stays until it is dismissed: who looked away must not miss it.
    if (isGood) setTimeout(() => this.remove(id), SHOWN_MS);
  }

  announce(words: string, { isUrgent }: { isUrgent: boolean }): void {
    // The same words twice are announced twice only if they differ.
    const said = words === (isUrgent ? this.assertive : this.polite) ? `${words}\u00a0` : words;
    if (isUrgent) this.assertive = said;
    else this.polite = said;
  }

  remove(id: number): void {
    this.shown = this.shown.filter((one) => one.id !== id);
  }
}

export const newsroom = new Newsroom();

export function tell(words: string, { isGood }: { isGood: boolean }): void {
  newsroom.tell(words, isGood);
}
