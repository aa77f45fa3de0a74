/**
 * What just happened, told in sight and to screen readers: good news politely, bad news at once. Calm news is neither:
 * nobody need do anything, so it is told politely, and stays until it is over or dismissed.
 */
const SHOWN_MS = 8_000;
const SHOWN_MAX = 3;

export interface News {
  readonly id: number;
  readonly words: string;
  readonly isGood: boolean;
  readonly isCalm: boolean;
}

interface Temper {
  isGood: boolean;
  isCalm?: boolean;
}

class Newsroom {
  shown = $state.raw<readonly News[]>([]);
  polite = $state('');
  assertive = $state('');
  #last = 0;

  /** Returns the number to remove it by. */
  tell(words: string, { isGood, isCalm = false }: Temper): number {
    this.#last += 1;
    const id = this.#last;
    this.shown = [...this.shown, { id, words, isGood, isCalm }].slice(-SHOWN_MAX);
    this.announce(words, { isUrgent: !isGood && !isCalm });
    // Bad news stays until it is dismissed: who looked away must not miss it.
    if (isGood) setTimeout(() => this.remove(id), SHOWN_MS);
    return id;
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

export function tell(words: string, temper: Temper): void {
  newsroom.tell(words, temper);
}
