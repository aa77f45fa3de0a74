/**
 * Switching hours on and off, one change at a time, as a pure machine. What is clicked while a change is under way waits,
 * at most one wish per hour; what would change nothing in the end is never sent. An answer holds only if nothing newer
 * was heard of since it was asked for; else what the daemon holds is read anew, and the wish is shown until then.
 *
 *   click ──▶ queue ──▶ sending ──▶ answered ──▶ show
 *                          │            └─ news came meanwhile ──▶ unsure ──▶ read ──▶ show
 *                          └─▶ refused: the queue is given up ──▶ read
 *
 * A read holds only if no change is under way, and since it was asked for none has ended and nothing newer was heard of.
 */
export interface Change {
  readonly hour: number;
  readonly isOn: boolean;
}

export interface Toggles {
  /** Wishes that wait, the oldest first. */
  readonly queue: readonly Change[];
  readonly sending: Change | null;
  /** Something was heard since the one under way was sent: its answer may be older. */
  readonly isOvertaken: boolean;
  /** What was done, and is not yet seen in anything that was read. */
  readonly unsure: readonly Change[];
  /** Counts each change that has ended, and all news. */
  readonly turn: number;
}

export type Signal =
  | { readonly is: 'click'; readonly hour: number; readonly isOn: boolean }
  | { readonly is: 'answered' }
  | { readonly is: 'refused' }
  /** The live stream says that the schedule has moved. */
  | { readonly is: 'news' }
  /** A read has come; `turn` is that of when it was asked for. */
  | { readonly is: 'read'; readonly turn: number };

export type Effect =
  | { readonly do: 'send'; readonly change: Change }
  /** What has just come is what holds. */
  | { readonly do: 'show' }
  /** What has just come is dropped, or missing: ask what holds. */
  | { readonly do: 'read' };

export const QUIET: Toggles = {
  queue: [],
  sending: null,
  isOvertaken: false,
  unsure: [],
  turn: 0,
};

export interface Step {
  readonly state: Toggles;
  readonly effects: readonly Effect[];
}

export function step(state: Toggles, signal: Signal): Step {
  switch (signal.is) {
    case 'click':
      return sendNext({ ...state, queue: queued(state, signal) }, []);
    case 'answered':
      return answered(state);
    case 'refused':
      return {
        state: { ...ended(state), queue: [], unsure: [] },
        effects: [{ do: 'read' }],
      };
    case 'news':
      return {
        state: { ...state, isOvertaken: state.sending !== null, turn: state.turn + 1 },
        effects: [],
      };
    case 'read':
      if (state.sending !== null) return { state, effects: [] };
      if (signal.turn !== state.turn) return { state, effects: [{ do: 'read' }] };
      return { state: { ...state, unsure: [] }, effects: [{ do: 'show' }] };
  }
}

/** Whether an hour is to be shown as marked: by the newest wish for it, else by what is held. */
export function isShownOn(state: Toggles, hour: number, isHeld: boolean): boolean {
  return wishFor(state, hour)?.isOn ?? isHeld;
}

/** Whether the daemon has yet to confirm what is shown of it. */
export function isUnderWay(state: Toggles, hour: number): boolean {
  return wishFor(state, hour) !== undefined;
}

function wishFor({ queue, sending, unsure }: Toggles, hour: number): Change | undefined {
  const wishes = [...queue, ...(sending === null ? [] : [sending]), ...unsure];
  return wishes.find((one) => one.hour === hour);
}

/** A wish takes the place of an opposite one that waits: together they change nothing. */
function queued({ queue, sending }: Toggles, { hour, isOn }: Change): readonly Change[] {
  const waiting = queue.find((one) => one.hour === hour);
  if (waiting?.isOn === isOn) return queue;
  if (waiting !== undefined) return queue.filter((one) => one !== waiting);
  if (sending?.hour === hour && sending.isOn === isOn) return queue;
  return [...queue, { hour, isOn }];
}

function answered(state: Toggles): Step {
  if (state.sending === null) return { state, effects: [] };
  const { sending, isOvertaken } = state;
  if (!isOvertaken) return sendNext({ ...ended(state), unsure: [] }, [{ do: 'show' }]);
  const others = state.unsure.filter((one) => one.hour !== sending.hour);
  const next = sendNext({ ...ended(state), unsure: [sending, ...others] }, []);
  // With another change on its way, that one's answer tells.
  return next.state.sending === null ? { ...next, effects: [{ do: 'read' }] } : next;
}

function ended(state: Toggles): Toggles {
  return { ...state, sending: null, isOvertaken: false, turn: state.turn + 1 };
}

function sendNext(state: Toggles, effects: readonly Effect[]): Step {
  const [change, ...queue] = state.queue;
  if (state.sending !== null || change === undefined) return { state, effects };
  return {
    state: { ...state, queue, sending: change, isOvertaken: false },
    effects: [...effects, { do: 'send', change }],
  };
}
