/**
 * The browser's link to the live stream, as a pure machine: `step(state, signal, now) -> { state, effects }`.
 *
 *            start            opened, ping, pong
 *     off ─────────▶ trying ──────────────────────▶ open ──┐ a ping every 30 s; its pong within 5 s, or else
 *      ▲              ▲  │ refused, or no pong       │      │
 *      │ stop         │  ▼                           ▼◀─────┘
 *     any          after 2, 4, 8, 16, 30, 30 … s  waiting: polls every 10 s meanwhile, and while trying again
 *                     │
 *                  resting: hidden for a minute; holds no connection, asks nothing
 *
 * What always holds: a stream is open only once a pong has come through it, and from then on nobody polls; signals of
 * an earlier stream change nothing; a person is warned once, after the fifth try in vain, and told once that it is
 * over. A timer that fires late (a throttled tab, a machine that slept) proves nothing: then a fresh ping decides.
 *
 * `now` is any clock that goes forward, in milliseconds; every instant here is of that clock.
 */

export const PING_EVERY_MS = 30_000;
export const PONG_WITHIN_MS = 5_000;
export const OPEN_WITHIN_MS = 10_000;
export const POLL_EVERY_MS = 10_000;
export const RETRY_AFTER_MS = [2_000, 4_000, 8_000, 16_000, 30_000] as const;
/** Tries in vain before a person is told. */
export const WARN_AFTER = 5;
/** A browser opens six connections to one host over all its tabs: who is not looked at gives theirs back. */
export const REST_AFTER_MS = 60_000;
/** A timer that fires later than this was held up. */
export const LATE_MS = 1_000;

export type Phase = 'off' | 'trying' | 'open' | 'waiting' | 'resting';

export interface LinkState {
  readonly phase: Phase;
  /** The number of the stream that counts; every try has the next one. */
  readonly stream: number;
  /** Tries since the stream was open last; the first one after a start is none. */
  readonly tries: number;
  readonly pings: number;
  /** By when the stream must have been opened, while it is not. */
  readonly openBy: number | null;
  /** The ping that is out, and when its pong is due. `isSecond`: sent because a timer was late. */
  readonly ping: { readonly id: string; readonly dueAt: number; readonly isSecond: boolean } | null;
  readonly pingAt: number | null;
  readonly retryAt: number | null;
  /** When the next poll is due; null while nobody polls. */
  readonly pollAt: number | null;
  readonly isPolling: boolean;
  readonly isWarned: boolean;
  readonly hiddenAt: number | null;
  /** When anything came through the stream last. */
  readonly heardAt: number;
  /** Whether the last that was tried, stream or poll, reached the daemon. */
  readonly isReached: boolean;
}

export type Signal =
  | { readonly is: 'start'; readonly isHidden: boolean }
  | { readonly is: 'stop' }
  | { readonly is: 'opened'; readonly stream: number }
  | { readonly is: 'heard'; readonly stream: number }
  | { readonly is: 'pong'; readonly stream: number; readonly id: string }
  | { readonly is: 'lost'; readonly stream: number }
  | { readonly is: 'polled'; readonly isReached: boolean }
  | { readonly is: 'hidden' }
  /** Shown again, or the network is back. */
  | { readonly is: 'look' }
  | { readonly is: 'tick' };

export type Effect =
  | { readonly do: 'connect'; readonly stream: number }
  | { readonly do: 'disconnect' }
  | { readonly do: 'ping'; readonly stream: number; readonly id: string }
  | { readonly do: 'poll' }
  /** The stream is open again: whatever was read before may be old. */
  | { readonly do: 'sync' }
  | { readonly do: 'warn' }
  | { readonly do: 'restored' };

export interface Step {
  readonly state: LinkState;
  readonly effects: readonly Effect[];
}

export const OFF: LinkState = {
  phase: 'off',
  stream: 0,
  tries: 0,
  pings: 0,
  openBy: null,
  ping: null,
  pingAt: null,
  retryAt: null,
  pollAt: null,
  isPolling: false,
  isWarned: false,
  hiddenAt: null,
  heardAt: 0,
  isReached: true,
};

export function step(state: LinkState, signal: Signal, now: number): Step {
  switch (signal.is) {
    case 'start':
      return state.phase === 'off'
        ? connect({ ...state, hiddenAt: signal.isHidden ? now : null }, now)
        : same(state);
    case 'stop':
      return state.phase === 'off'
        ? same(state)
        : {
            state: { ...OFF, stream: state.stream, pings: state.pings, isPolling: state.isPolling },
            effects: [{ do: 'disconnect' }],
          };
    case 'opened':
      return isCurrent(state, signal.stream) && state.openBy !== null
        ? ping({ ...state, openBy: null, heardAt: now }, now)
        : same(state);
    case 'heard':
      return isCurrent(state, signal.stream) ? same({ ...state, heardAt: now }) : same(state);
    case 'pong':
      return isCurrent(state, signal.stream) && state.ping?.id === signal.id
        ? proved(state, now)
        : same(state);
    case 'lost':
      return isCurrent(state, signal.stream) ? lose(state, now) : same(state);
    case 'polled':
      return same({ ...state, isPolling: false, ...reached(state, signal.isReached) });
    case 'hidden':
      return state.phase === 'off'
        ? same(state)
        : same({ ...state, hiddenAt: state.hiddenAt ?? now });
    case 'look':
      return look(state, now);
    case 'tick':
      return tick(state, now);
  }
}

/** When `tick` is to be called next at the latest; null while there is nothing to wait for. */
export function dueAt(state: LinkState): number | null {
  const instants = [
    state.openBy,
    state.ping?.dueAt ?? null,
    state.pingAt,
    state.retryAt,
    state.isPolling ? null : state.pollAt,
    restAt(state),
  ].filter((at) => at !== null);
  return instants.length === 0 ? null : Math.min(...instants);
}

/** How entries come at this moment. */
export function linkOf(state: LinkState): 'connecting' | 'open' | 'polling' {
  if (state.phase === 'open') return 'open';
  return state.pollAt === null ? 'connecting' : 'polling';
}

function tick(state: LinkState, now: number): Step {
  if (isPast(restAt(state), now)) return rest(state);
  if (isPast(state.openBy, now)) return lose(state, now);
  if (state.ping !== null && isPast(state.ping.dueAt, now)) {
    const isHeldUp = now - state.ping.dueAt > LATE_MS && !state.ping.isSecond;
    return isHeldUp ? ping(state, now, { isSecond: true }) : lose(state, now);
  }
  if (isPast(state.pingAt, now)) return ping(state, now);
  if (isPast(state.retryAt, now)) {
    return also(connect({ ...state, tries: state.tries + 1 }, now), (next) => poll(next, now));
  }
  return poll(state, now);
}

/** Judge by what came, not by timers: they stood still while the page was hidden or the machine slept. */
function look(state: LinkState, now: number): Step {
  const seen = { ...state, hiddenAt: null };
  switch (state.phase) {
    case 'off':
      return same(state);
    case 'resting':
      return connect(seen, now);
    case 'waiting':
      return tick({ ...seen, retryAt: now, pollAt: now }, now);
    case 'trying':
      return same(seen);
    case 'open': {
      const isFresh = now - state.heardAt < PONG_WITHIN_MS;
      if (state.ping !== null) {
        return isPast(state.ping.dueAt, now) ? ping(seen, now, { isSecond: true }) : same(seen);
      }
      return isFresh ? same(seen) : ping(seen, now);
    }
  }
}

function connect(state: LinkState, now: number): Step {
  const stream = state.stream + 1;
  return {
    state: { ...quiet(state), phase: 'trying', stream, openBy: now + OPEN_WITHIN_MS },
    effects: [{ do: 'connect', stream }],
  };
}

function ping(state: LinkState, now: number, { isSecond = false } = {}): Step {
  const pings = state.pings + 1;
  const id = `${state.stream}.${pings}`;
  return {
    state: { ...state, pings, pingAt: null, ping: { id, dueAt: now + PONG_WITHIN_MS, isSecond } },
    effects: [{ do: 'ping', stream: state.stream, id }],
  };
}

/** A pong came: the stream works, from here to there and back. */
function proved(state: LinkState, now: number): Step {
  const next: LinkState = {
    ...quiet(state),
    phase: 'open',
    tries: 0,
    pingAt: now + PING_EVERY_MS,
    pollAt: null,
    isWarned: false,
    heardAt: now,
    isReached: true,
  };
  if (state.phase === 'open') return same(next);
  return {
    state: next,
    effects: state.isWarned ? [{ do: 'sync' }, { do: 'restored' }] : [{ do: 'sync' }],
  };
}

function lose(state: LinkState, now: number): Step {
  const isInVain = state.phase === 'trying' && state.tries >= WARN_AFTER && !state.isWarned;
  const tries = state.phase === 'trying' ? state.tries : 0;
  const wait = RETRY_AFTER_MS[Math.min(tries, RETRY_AFTER_MS.length - 1)] as number;
  const waiting: LinkState = {
    ...quiet(state),
    phase: 'waiting',
    tries,
    retryAt: now + wait,
    pollAt: state.pollAt ?? now,
    isWarned: state.isWarned || isInVain,
  };
  const polled = poll(waiting, now);
  const effects: Effect[] = [{ do: 'disconnect' }, ...polled.effects];
  return { state: polled.state, effects: isInVain ? [...effects, { do: 'warn' }] : effects };
}

function poll(state: LinkState, now: number): Step {
  if (state.isPolling || !isPast(state.pollAt, now)) return same(state);
  return {
    state: { ...state, isPolling: true, pollAt: now + POLL_EVERY_MS },
    effects: [{ do: 'poll' }],
  };
}

function rest(state: LinkState): Step {
  return {
    state: { ...quiet(state), phase: 'resting', tries: 0, pollAt: null },
    effects: [{ do: 'disconnect' }],
  };
}

/** Nothing is due for a stream any more. */
function quiet(state: LinkState): LinkState {
  return { ...state, openBy: null, ping: null, pingAt: null, retryAt: null };
}

function restAt(state: LinkState): number | null {
  const isAtRest = state.phase === 'off' || state.phase === 'resting';
  return isAtRest || state.hiddenAt === null ? null : state.hiddenAt + REST_AFTER_MS;
}

/** What a poll found counts only while there is no stream: the answer may be older than the pong. */
function reached(state: LinkState, isReached: boolean): Pick<LinkState, 'isReached'> {
  return { isReached: state.pollAt === null ? state.isReached : isReached };
}

function also(first: Step, more: (state: LinkState) => Step): Step {
  const second = more(first.state);
  return { state: second.state, effects: [...first.effects, ...second.effects] };
}

function isCurrent(state: LinkState, stream: number): boolean {
  return state.stream === stream && (state.phase === 'trying' || state.phase === 'open');
}

const isPast = (at: number | null, now: number): boolean => at !== null && at <= now;
const same = (state: LinkState): Step => ({ state, effects: [] });
