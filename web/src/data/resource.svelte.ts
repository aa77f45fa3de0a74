/**
 * What the API says, kept fresh while it is looked at. Pages read from these and from nothing else.
 *
 * An entry of the live feed that concerns a resource makes it stale, and it is read again: at once, or a second after
 * the last read while things move. Besides, everything shown is read every 30 s, when the link comes or goes, when the
 * page becomes visible, and after each action. A read that fails leaves what was there, with the trouble beside it.
 */
import { untrack } from 'svelte';
import { type Trouble, troubleOf } from '../api/client';
import { feed, type LiveType } from '../live/feed.svelte';
import { readAt } from './pace';

const shown = new Set<Resource<unknown>>();
let timer: ReturnType<typeof setTimeout> | undefined;

export class Resource<T> {
  value = $state.raw<T>();
  trouble = $state.raw<Trouble>();
  isReading = $state(false);
  /** When the value was read, in milliseconds; 0 before. */
  readAt = $state(0);
  askedAt = 0;
  isStale = false;
  #read: () => Promise<T>;
  #follows: ReadonlySet<LiveType> | null;
  #turn = 0;

  /** `follows`: the live types that may change it. Without, all of them: to name some is to spare reads. */
  constructor(read: () => Promise<T>, follows?: readonly LiveType[]) {
    this.#read = read;
    this.#follows = follows === undefined ? null : new Set(follows);
  }

  /** To be called in an effect: keeps it fresh until the effect ends. */
  show(): () => void {
    shown.add(this);
    // What a read looks at is no reason for the effect to run again.
    untrack(() => void this.refresh());
    return () => {
      shown.delete(this);
    };
  }

  /** Whether such an entry may change it. When the daemon starts or stops, everything may be another. */
  follows(type: LiveType): boolean {
    return this.#follows === null || type === 'server_status' || this.#follows.has(type);
  }

  /** Read now. Of several reads at once, the one begun last counts. */
  async refresh(): Promise<void> {
    this.#turn += 1;
    const turn = this.#turn;
    this.isReading = true;
    this.isStale = false;
    this.askedAt = Date.now();
    try {
      const value = await this.#read();
      if (turn === this.#turn) this.set(value);
    } catch (error) {
      if (turn === this.#turn) this.trouble = troubleOf(error);
    } finally {
      if (turn === this.#turn) this.isReading = false;
      plan();
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

/** Everything shown may be old: read it as soon as may be. */
function spoil(type?: LiveType): void {
  for (const one of shown) if (type === undefined || one.follows(type)) one.isStale = true;
  plan();
}

/** Read what is due, and come back when the next is. */
function plan(): void {
  clearTimeout(timer);
  const now = Date.now();
  let next = Number.POSITIVE_INFINITY;
  for (const one of shown) {
    const at = readAt(one, document.hidden);
    if (at === null) continue;
    // A clock that was set back is no reason to wait for it.
    if (at <= now || one.askedAt > now) void one.refresh();
    else next = Math.min(next, at);
  }
  if (next !== Number.POSITIVE_INFINITY) timer = setTimeout(plan, next - now);
}

document.addEventListener('visibilitychange', plan);
feed.on(null, (entry) => spoil(entry.event.type));
feed.onSync(() => spoil());
$effect.root(() => {
  // What is shown tells that the daemon is gone, or back, without waiting for its turn.
  $effect(() => {
    void feed.isReached;
    untrack(() => spoil());
  });
});
