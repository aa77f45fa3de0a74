import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Change,
  type Effect,
  isShownOn,
  isUnderWay,
  QUIET,
  type Signal,
  step,
  type Toggles,
} from './toggles';

/** What the effects of signals in order are, and where they lead. */
function led(...signals: Signal[]): { state: Toggles; effects: Effect[] } {
  let state = QUIET;
  let effects: readonly Effect[] = [];
  for (const signal of signals) ({ state, effects } = step(state, signal));
  return { state, effects: [...effects] };
}

const click = (hour: number, isOn = true): Signal => ({ is: 'click', hour, isOn });
const send = (hour: number, isOn = true): Effect => ({ do: 'send', change: { hour, isOn } });
const ANSWERED: Signal = { is: 'answered' };
const NEWS: Signal = { is: 'news' };

describe('a click', () => {
  it('is sent at once where nothing is under way, and shown at once', () => {
    const { state, effects } = led(click(9));
    expect(effects).toEqual([send(9)]);
    expect(isShownOn(state, 9, false)).toBe(true);
    expect(isUnderWay(state, 9)).toBe(true);
    expect(isShownOn(state, 10, true)).toBe(true);
  });

  it('waits while another is under way, and goes when that was answered', () => {
    expect(led(click(9), click(10)).effects).toEqual([]);
    expect(led(click(9), click(10), ANSWERED).effects).toEqual([{ do: 'show' }, send(10)]);
  });

  it('is never sent where the next one takes it back', () => {
    const { state, effects } = led(click(9), click(10), click(10, false), ANSWERED);
    expect(effects).toEqual([{ do: 'show' }]);
    expect(state.sending).toBeNull();
  });

  it('that takes back the one under way is sent after it', () => {
    const { state } = led(click(9), click(9, false));
    expect(isShownOn(state, 9, false)).toBe(false);
    expect(step(state, ANSWERED).effects).toEqual([{ do: 'show' }, send(9, false)]);
    expect(led(click(9), click(9, false), click(9), ANSWERED).effects).toEqual([{ do: 'show' }]);
  });

  it('that says again what waits or is under way is one', () => {
    expect(led(click(9), click(9)).state.queue).toEqual([]);
    expect(led(click(8), click(9), click(9)).state.queue).toEqual([{ hour: 9, isOn: true }]);
  });
});

describe('an answer', () => {
  it('is what holds', () => {
    const { state, effects } = led(click(9), ANSWERED);
    expect(effects).toEqual([{ do: 'show' }]);
    expect(isUnderWay(state, 9)).toBe(false);
  });

  it('is dropped where something newer was heard of, and the wish is shown until it is known', () => {
    const { state, effects } = led(click(9), NEWS, ANSWERED);
    expect(effects).toEqual([{ do: 'read' }]);
    expect(isShownOn(state, 9, false)).toBe(true);
    const read = step(state, { is: 'read', turn: state.turn });
    expect(read.effects).toEqual([{ do: 'show' }]);
    expect(isShownOn(read.state, 9, false)).toBe(false);
  });

  it('that is dropped asks for nothing where the answer to another change will tell', () => {
    const { state, effects } = led(click(9), click(10), NEWS, ANSWERED);
    expect(effects).toEqual([send(10)]);
    expect(isShownOn(state, 9, false)).toBe(true);
    expect(isUnderWay(step(state, ANSWERED).state, 9)).toBe(false);
  });

  it('to nothing is passed over', () => {
    expect(led(ANSWERED)).toEqual({ state: QUIET, effects: [] });
  });

  it('that refuses gives up what waits', () => {
    const { state, effects } = led(click(9), click(10), { is: 'refused' });
    expect(effects).toEqual([{ do: 'read' }]);
    expect([9, 10].map((hour) => isShownOn(state, hour, false))).toEqual([false, false]);
  });
});

describe('a read', () => {
  it('holds where nothing happened meanwhile', () => {
    expect(led(NEWS, { is: 'read', turn: 1 }).effects).toEqual([{ do: 'show' }]);
  });

  it('is asked for again where something newer was heard of', () => {
    expect(led(NEWS, { is: 'read', turn: 0 }).effects).toEqual([{ do: 'read' }]);
  });

  it('is dropped where one is under way, and asked for again where one has ended', () => {
    expect(led(click(9), { is: 'read', turn: 0 }).effects).toEqual([]);
    expect(led(click(9), ANSWERED, { is: 'read', turn: 0 }).effects).toEqual([{ do: 'read' }]);
    expect(led(click(9), ANSWERED, { is: 'read', turn: 1 }).effects).toEqual([{ do: 'show' }]);
  });
});

/** What the daemon holds of some hours, and how many changes led there. */
interface Held {
  readonly hours: readonly boolean[];
  readonly version: number;
}

/** A daemon whose answers and news are delayed at will, and another window that switches hours too. */
class Play {
  state = QUIET;
  shown: Held = { hours: [false, false, false], version: 0 };
  held = this.shown;
  /** The newest that was heard of. */
  heard = 0;
  sentMost = 0;
  #sent: { change: Change; answer: Held | null }[] = [];
  #reading: { turn: number; answer: Held | null } | null = null;
  #isStale = false;

  readonly moves: readonly ((hour: number) => void)[] = [
    (hour: number) => {
      const isOn = !isShownOn(this.state, hour, this.shown.hours[hour] ?? false);
      this.#signal({ is: 'click', hour, isOn });
    },
    (hour: number) => this.#change({ hour, isOn: !this.held.hours[hour] }),
    () => this.#goOnWithChange(),
    () => {
      if (this.heard === this.held.version) return;
      this.heard = this.held.version;
      this.#isStale = true;
      this.#signal({ is: 'news' });
    },
    () => this.#goOnWithRead(),
  ];

  #change({ hour, isOn }: Change): void {
    const hours = this.held.hours.map((was, one) => (one === hour ? isOn : was));
    this.held = { hours, version: this.held.version + 1 };
  }

  /** It is taken by the daemon, then answered. */
  #goOnWithChange(): void {
    const sent = this.#sent[0];
    if (sent === undefined) return;
    if (sent.answer === null) {
      this.#change(sent.change);
      sent.answer = this.held;
    } else {
      this.#sent.shift();
      this.#signal(ANSWERED, sent.answer);
    }
  }

  /** It begins, is looked up by the daemon, then comes. */
  #goOnWithRead(): void {
    const reading = this.#reading;
    if (reading === null) {
      if (this.#isStale) this.#reading = { turn: this.state.turn, answer: null };
      this.#isStale = false;
    } else if (reading.answer === null) reading.answer = this.held;
    else {
      this.#reading = null;
      this.#signal({ is: 'read', turn: reading.turn }, reading.answer);
    }
  }

  #signal(signal: Signal, came?: Held): void {
    const next = step(this.state, signal);
    this.state = next.state;
    for (const effect of next.effects) {
      if (effect.do === 'send') this.#sent.push({ change: effect.change, answer: null });
      else if (effect.do === 'read') this.#isStale = true;
      else {
        if (came === undefined) throw new Error('Nothing came that could be shown.');
        expect(came.version).toBeGreaterThanOrEqual(Math.max(this.heard, this.shown.version));
        this.shown = came;
      }
    }
    this.sentMost = Math.max(this.sentMost, this.#sent.length);
  }
}

it('one change is under way, nothing older than what was heard is shown, and the end is what is held', () => {
  const move = fc.tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 2 }));
  fc.assert(
    fc.property(fc.array(move, { minLength: 20, maxLength: 80 }), (moves) => {
      const play = new Play();
      for (const [which, hour] of moves) play.moves[which]?.(hour);
      for (let rest = 0; rest < 150; rest += 1)
        for (const which of [2, 3, 4]) play.moves[which]?.(0);

      expect(play.shown).toEqual(play.held);
      const hours = play.held.hours.map((isOn, hour) => isShownOn(play.state, hour, isOn));
      expect(hours).toEqual(play.held.hours);
      expect(play.sentMost).toBeLessThan(2);
    }),
    { numRuns: 500 },
  );
});
