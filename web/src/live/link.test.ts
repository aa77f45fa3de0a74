import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  dueAt,
  type Effect,
  LATE_MS,
  type LinkState,
  linkOf,
  OFF,
  OPEN_WITHIN_MS,
  PING_EVERY_MS,
  POLL_EVERY_MS,
  PONG_WITHIN_MS,
  REST_AFTER_MS,
  RETRY_AFTER_MS,
  type Signal,
  step,
} from './link';

/** A link driven by hand: what it wants done is kept, and time passes as its timers would have it. */
class Driven {
  state: LinkState = OFF;
  now = 1_000;
  effects: Effect[] = [];

  tell(signal: Signal): Effect[] {
    const { state, effects } = step(this.state, signal, this.now);
    this.state = state;
    this.effects.push(...effects);
    return [...effects];
  }

  /** Let time pass; every timer fires when it is due. */
  pass(ms: number): Effect[] {
    const until = this.now + ms;
    const done: Effect[] = [];
    for (let due = dueAt(this.state); due !== null && due <= until; due = dueAt(this.state)) {
      this.now = Math.max(due, this.now);
      done.push(...this.tell({ is: 'tick' }));
    }
    this.now = until;
    return done;
  }

  start(): this {
    this.tell({ is: 'start', isHidden: false });
    return this;
  }

  opened(): this {
    this.tell({ is: 'opened', stream: this.state.stream });
    return this;
  }

  pong(): Effect[] {
    const { stream, ping } = this.state;
    return this.tell({ is: 'pong', stream, id: ping?.id ?? 'none' });
  }

  lost(): Effect[] {
    return this.tell({ is: 'lost', stream: this.state.stream });
  }

  polled(isReached = true): Effect[] {
    return this.tell({ is: 'polled', isReached });
  }

  /** Fail every try, answering polls, until this many were made. */
  failTries(count: number): Effect[] {
    const done: Effect[] = [];
    while (this.state.tries < count || this.state.phase !== 'waiting') {
      done.push(...this.pass(1));
      if (this.state.phase === 'trying') done.push(...this.lost());
      if (this.state.isPolling) this.polled();
    }
    return done;
  }
}

const open = (): Driven => {
  const link = new Driven().start().opened();
  link.pong();
  return link;
};
const down = (): Driven => {
  const link = open();
  link.lost();
  link.polled();
  return link;
};
const kinds = (effects: readonly Effect[]): string[] => effects.map((one) => one.do);

describe('from off to open', () => {
  test('a start opens the first stream, and a second start nothing', () => {
    const link = new Driven().start();

    expect(link.effects).toEqual([{ do: 'connect', stream: 1 }]);
    expect(linkOf(link.state)).toBe('connecting');
    expect(link.tell({ is: 'start', isHidden: false })).toEqual([]);
  });

  test('a stream that is opened is pinged at once, and open by its pong only', () => {
    const link = new Driven().start();

    expect(kinds(link.tell({ is: 'opened', stream: 1 }))).toEqual(['ping']);
    expect(linkOf(link.state)).toBe('connecting');
    expect(link.tell({ is: 'pong', stream: 1, id: 'of another tab' })).toEqual([]);
    expect(kinds(link.pong())).toEqual(['sync']);
    expect(linkOf(link.state)).toBe('open');
  });

  test('a stream that is not opened in time is given up', () => {
    const link = new Driven().start();

    link.pass(OPEN_WITHIN_MS - 1);
    expect(link.state.phase).toBe('trying');
    expect(kinds(link.pass(1))).toEqual(['disconnect', 'poll']);
  });
});

describe('while it is open', () => {
  test('a ping goes every 30 s, and its pong is awaited for 5 s', () => {
    const link = open();

    expect(link.pass(PING_EVERY_MS - 1)).toEqual([]);
    expect(kinds(link.pass(1))).toEqual(['ping']);
    link.pass(PONG_WITHIN_MS - 1);
    expect(linkOf(link.state)).toBe('open');
    expect(kinds(link.pass(1))).toEqual(['disconnect', 'poll']);
    expect(linkOf(link.state)).toBe('polling');
  });

  test('a pong in time keeps it open, and nobody polls', () => {
    const link = open();

    for (let round = 0; round < 20; round += 1) {
      expect(kinds(link.pass(PING_EVERY_MS))).toEqual(['ping']);
      expect(link.pong()).toEqual([]);
    }
    expect(linkOf(link.state)).toBe('open');
  });

  test('a timer that fires late proves nothing: a fresh ping decides, once', () => {
    const link = open();
    link.pass(PING_EVERY_MS);
    link.now += PONG_WITHIN_MS + LATE_MS + 3_600_000;

    expect(kinds(link.tell({ is: 'tick' }))).toEqual(['ping']);
    expect(linkOf(link.state)).toBe('open');
    link.now += PONG_WITHIN_MS + LATE_MS + 1;
    expect(kinds(link.tell({ is: 'tick' }))).toEqual(['disconnect', 'poll']);
  });

  test('the pong of a ping from before the sleep is as good as any', () => {
    const link = open();
    link.pass(PING_EVERY_MS);
    link.now += 3_600_000;

    link.pong();

    expect(linkOf(link.state)).toBe('open');
    expect(link.tell({ is: 'tick' })).toEqual([]);
  });

  test('a look pings at once where nothing was heard lately, and trusts what was', () => {
    const link = open();
    link.pass(10_000);
    link.tell({ is: 'heard', stream: link.state.stream });
    expect(link.tell({ is: 'look' })).toEqual([]);

    link.pass(PONG_WITHIN_MS);
    expect(kinds(link.tell({ is: 'look' }))).toEqual(['ping']);
    expect(link.tell({ is: 'look' })).toEqual([]);
  });

  test('signals of an earlier stream change nothing', () => {
    const link = down();
    link.pass(RETRY_AFTER_MS[0]);
    link.opened();
    link.pong();
    const before = link.state;

    for (const is of ['opened', 'heard', 'lost'] as const) link.tell({ is, stream: 1 });
    link.tell({ is: 'pong', stream: 1, id: '1.1' });

    expect(link.state).toEqual(before);
  });
});

describe('while it is down', () => {
  test('polls begin at once and go on every 10 s, one at a time', () => {
    const link = open();
    expect(kinds(link.lost())).toEqual(['disconnect', 'poll']);

    // The first is still under way: no second one is begun beside it.
    expect(kinds(link.pass(POLL_EVERY_MS + 1))).not.toContain('poll');
    link.polled();
    expect(kinds(link.pass(0))).toEqual(['poll']);
    link.polled();
    expect(kinds(link.pass(POLL_EVERY_MS)).filter((one) => one === 'poll')).toEqual(['poll']);
  });

  test('tries come after 2, 4, 8, 16, 30 s, then every 30 s for ever', () => {
    const link = down();
    const waits: number[] = [];
    for (let count = 1; count <= 8; count += 1) {
      const since = link.now;
      while (link.state.phase !== 'trying') {
        link.pass(1);
        if (link.state.isPolling) link.polled();
      }
      waits.push(link.now - since);
      link.lost();
      if (link.state.isPolling) link.polled();
    }

    expect(waits).toEqual([...RETRY_AFTER_MS, 30_000, 30_000, 30_000]);
  });

  test('a person is warned after the fifth try in vain, and once', () => {
    const link = down();

    expect(kinds(link.failTries(4))).not.toContain('warn');
    expect(kinds(link.failTries(5)).filter((one) => one === 'warn')).toEqual(['warn']);
    expect(kinds(link.failTries(12))).not.toContain('warn');
  });

  test('that it is restored is told only to who was warned, and polls end', () => {
    for (const [tries, told] of [
      [4, ['sync']],
      [6, ['sync', 'restored']],
    ] as const) {
      const link = down();
      link.failTries(tries);
      while (link.state.phase !== 'trying') {
        link.pass(1);
        if (link.state.isPolling) link.polled();
      }
      link.opened();

      expect(kinds(link.pong())).toEqual(told);
      expect(kinds(link.pass(PING_EVERY_MS))).toEqual(['ping']);
      expect(link.state.pollAt).toBeNull();
    }
  });

  test('tries are counted anew after each time that it was open', () => {
    const link = down();
    link.failTries(4);
    link.pass(RETRY_AFTER_MS[4]);
    link.opened();
    link.pong();
    link.lost();

    expect(dueAt({ ...link.state, pollAt: null })).toBe(link.now + RETRY_AFTER_MS[0]);
  });

  test('a look tries and polls at once', () => {
    const link = down();
    link.failTries(4);

    const stream = link.state.stream + 1;
    expect(link.tell({ is: 'look' })).toEqual([{ do: 'connect', stream }, { do: 'poll' }]);
  });

  test('whether the daemon is reached is what the last poll found', () => {
    const link = down();
    link.pass(POLL_EVERY_MS);
    link.polled(false);
    expect(link.state.isReached).toBe(false);

    link.tell({ is: 'look' });
    link.opened();
    link.pong();

    expect(link.state.isReached).toBe(true);
    link.polled(false);
    expect(link.state.isReached).toBe(true);
  });
});

describe('while nobody looks', () => {
  test('after a minute it rests: no stream, no poll, no timer', () => {
    const link = open();
    link.tell({ is: 'hidden' });
    for (let second = 0; second < 59; second += 1) {
      link.pass(1_000);
      if (link.state.ping !== null) link.pong();
    }
    expect(linkOf(link.state)).toBe('open');

    expect(kinds(link.pass(REST_AFTER_MS))).toEqual(['disconnect']);
    expect(dueAt(link.state)).toBeNull();
    expect(linkOf(link.state)).toBe('connecting');
  });

  test('shown again it connects at once, and who was warned is told', () => {
    const link = down();
    link.failTries(6);
    link.tell({ is: 'hidden' });
    link.pass(2 * REST_AFTER_MS);
    expect(link.state.phase).toBe('resting');

    expect(kinds(link.tell({ is: 'look' }))).toEqual(['connect']);
    link.opened();
    expect(kinds(link.pong())).toEqual(['sync', 'restored']);
  });

  test('a page that begins hidden rests as well', () => {
    const link = new Driven();
    link.tell({ is: 'start', isHidden: true });
    link.opened();
    link.pong();
    for (let second = 0; second < 61; second += 1) {
      link.pass(1_000);
      if (link.state.ping !== null) link.pong();
    }

    expect(link.state.phase).toBe('resting');
  });
});

test('a stop ends everything, and what comes late is passed over', () => {
  const link = down();
  link.failTries(6);

  expect(kinds(link.tell({ is: 'stop' }))).toEqual(['disconnect']);

  expect(dueAt(link.state)).toBeNull();
  for (const is of ['tick', 'look', 'hidden', 'stop'] as const)
    expect(link.tell({ is })).toEqual([]);
  expect(link.lost()).toEqual([]);
  expect(kinds(link.start().effects.slice(-1))).toEqual(['connect']);
});

describe('whatever comes, in whatever order', () => {
  const number = fc.integer({ min: 0, max: 12 });
  const signal: fc.Arbitrary<Signal | number> = fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 0, max: 40_000 }) },
    fc.record({ is: fc.constant('start' as const), isHidden: fc.boolean() }),
    fc.record({ is: fc.constantFrom('stop' as const, 'hidden' as const, 'look' as const) }),
    {
      weight: 4,
      arbitrary: fc.record({
        is: fc.constantFrom('opened' as const, 'heard' as const, 'lost' as const),
        stream: number,
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        is: fc.constant('pong' as const),
        stream: number,
        id: fc.string({ maxLength: 1 }),
      }),
    },
    fc.record({ is: fc.constant('polled' as const), isReached: fc.boolean() }),
  );

  /** Streams and pongs that may fit: small numbers stand for "so many back". */
  function fitting(link: Driven, one: Signal): Signal {
    if (!('stream' in one)) return one;
    const stream = Math.max(link.state.stream - Math.floor(one.stream / 8), 0);
    if (one.is !== 'pong') return { ...one, stream };
    return { ...one, stream, id: one.id > 'a' ? one.id : (link.state.ping?.id ?? one.id) };
  }

  test('it is open by a pong only, polls only while it is not, warns and restores by turns', () => {
    fc.assert(
      fc.property(fc.array(signal, { maxLength: 60 }), (signals) => {
        const link = new Driven();
        let polls = 0;
        let connected = 0;
        for (const one of signals) {
          const before = link.state;
          const now = link.now;
          const told = typeof one === 'number' ? null : fitting(link, one);
          const effects = told === null ? link.pass(one as number) : link.tell(told);
          const { state } = link;

          if (linkOf(state) === 'open' && linkOf(before) !== 'open') expect(told?.is).toBe('pong');
          if (linkOf(state) === 'open') expect(state.pollAt).toBeNull();
          if (linkOf(before) === 'open' && now === link.now && linkOf(state) === 'open')
            expect(kinds(effects)).not.toContain('poll');
          for (const effect of effects) {
            if (effect.do === 'poll') polls += 1;
            if (effect.do === 'connect') {
              expect(effect.stream).toBe(connected + 1);
              connected = effect.stream;
            }
          }
          if (told?.is === 'polled') polls = 0;
          // One poll at a time, over stops and starts as well.
          expect(polls).toBeLessThanOrEqual(1);
          const waits =
            state.phase === 'waiting' || state.phase === 'trying' || state.phase === 'open';
          // Who is not at rest has something to wait for, within half a minute.
          if (waits) expect((dueAt(state) as number) - link.now).toBeLessThanOrEqual(30_000);
          else expect(dueAt(state)).toBeNull();
        }
        const said = kinds(link.effects).filter((one) => one === 'warn' || one === 'restored');
        const isByTurns = said.every((one, at) => one === 'warn' || said[at - 1] === 'warn');
        expect(isByTurns).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test('once the daemon answers, it is open within half a minute and a bit', () => {
    fc.assert(
      fc.property(fc.array(signal, { maxLength: 40 }), (signals) => {
        const link = new Driven();
        link.start();
        for (const one of signals) {
          if (typeof one === 'number') link.pass(one);
          else if (one.is !== 'stop') link.tell(fitting(link, one));
        }
        link.tell({ is: 'look' });
        for (let second = 0; second < 50; second += 1) {
          link.tell({ is: 'opened', stream: link.state.stream });
          if (link.state.ping !== null) link.pong();
          if (link.state.isPolling) link.polled();
          link.pass(1_000);
        }

        expect(linkOf(link.state)).toBe('open');
      }),
      { numRuns: 300 },
    );
  });
});
