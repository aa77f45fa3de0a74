/**
 * What the API says, kept fresh while it is looked at. Pages read from these and from nothing else, so that a stream
 * can feed them later: it needs only to call `set` or `refreshAll`.
 *
 * Everything shown is read again every 30 s while the page is visible, when the page becomes visible again, and after
 * each action. A read that fails leaves what was there, with the trouble beside it.
 */
import { untrack } from 'svelte';
import { type Trouble, troubleOf } from '../api/client';

export const EVERY_MS = 30_000;

interface Refreshable {
  readonly askedAt: number;
  refresh(): Promise<void>;
}

const shown = new Set<Refreshable>();
let timer: ReturnType<typeof setTimeout> | undefined;

export class Resource<T> implements Refreshable {
  value = $state.raw<T>();
  trouble = $state.raw<Trouble>();
  isReading = $state(false);
  /** When the value was read, in milliseconds; 0 before. */
  readAt = $state(0);
  askedAt = 0;
  #read: () => Promise<T>;
  #turn = 0;

  constructor(read: () => Promise<T>) {
    this.#read = read;
  }

  /** To be called in an effect: keeps it fresh until the effect ends. */
  show(): () => void {
    shown.add(this);
    // What a read looks at is no reason for the effect to run again.
    untrack(() => void this.refresh());
    plan();
    return () => {
      shown.delete(this);
    };
  }

  /** Read now. Of several reads at once, the one begun last counts. */
  async refresh(): Promise<void> {
    this.#turn += 1;
    const turn = this.#turn;
    this.isReading = true;
    this.askedAt = Date.now();
    try {
      const value = await this.#read();
      if (turn === this.#turn) this.set(value);
    } catch (error) {
      if (turn === this.#turn) this.trouble = troubleOf(error);
    } finally {
      if (turn === this.#turn) this.isReading = false;
    }
  }

  set(value: T): void {
    this.value = value;
    this.trouble = undefined;
    this.readAt = Date.now();
  }
}

/** Read everything that is shown, now: after an action, and when someone asks. */
export async function refreshAll(): Promise<void> {
  await Promise.all([...shown].map((one) => one.refresh()));
}

function plan(): void {
  clearTimeout(timer);
  if (shown.size === 0 || document.hidden) return;
  timer = setTimeout(refreshStale, EVERY_MS);
}

function refreshStale(): void {
  if (document.hidden) return;
  const before = Date.now() - EVERY_MS + 1_000;
  for (const one of shown) if (one.askedAt <= before) void one.refresh();
  plan();
}

document.addEventListener('visibilitychange', refreshStale);
