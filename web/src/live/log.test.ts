import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { begin, EMPTY, fill, isCritical, isKnown, KEPT_MAX, type LiveEntry, take } from './log';

function entry(offset: number, epoch = 'e'): LiveEntry {
  const cursor = `${epoch}:${offset}`;
  const payload = {
    version: 1,
    level: 'info' as const,
    message: String(offset),
    timestamp: offset,
  };
  return { id: cursor, cursor, timestamp: offset, event: { type: 'activity_message', payload } };
}

const aside = (offset: number): LiveEntry => ({
  ...entry(offset),
  event: { type: 'pong', payload: { version: 1, id: 'x' } },
});
const range = (from: number, to: number): LiveEntry[] =>
  Array.from({ length: Math.max(to - from + 1, 0) }, (_, index) => entry(from + index));
const offsets = (entries: readonly LiveEntry[]): number[] =>
  entries.map((one) => Number(one.cursor.split(':')[1]));

test('entries come newest first, each once, and are told in order', () => {
  const first = take(begin(EMPTY, 'e:2', range(1, 2)), range(3, 5));
  const again = take(first.log, range(4, 6));

  expect(offsets(first.fresh)).toEqual([3, 4, 5]);
  expect(offsets(again.fresh)).toEqual([6]);
  expect(offsets(again.log.entries)).toEqual([6, 5, 4, 3, 2, 1]);
  expect(again.log.cursor).toBe('e:6');
});

test('nothing is taken before there is a place to go on from', () => {
  expect(take(EMPTY, range(1, 3))).toEqual({ log: EMPTY, fresh: [] });
});

test('what a stream says of itself, and what cannot be read, is kept by nobody', () => {
  const later = { ...entry(4), event: { ...entry(4).event, payload: { version: 2 } } } as LiveEntry;
  const strange = { ...entry(5), event: { type: 'comet_update', payload: { version: 1 } } };
  const { log, fresh } = take(begin(EMPTY, 'e:3', []), [
    aside(3),
    later,
    strange as unknown as LiveEntry,
    entry(6),
  ]);

  expect(offsets(fresh)).toEqual([6]);
  expect(isKnown(later)).toBe(false);
  expect(log.cursor).toBe('e:6');
});

test('what cannot be read is passed, not asked for again', () => {
  const strange = { ...entry(4), event: { type: 'comet_update', payload: { version: 1 } } };
  const { log } = take(begin(EMPTY, 'e:3', []), [strange as unknown as LiveEntry]);

  expect(log.cursor).toBe('e:4');
});

test('a new ledger begins anew, and an answer of the old one does not lead back', () => {
  const anew = begin(begin(EMPTY, 'e:9', range(7, 9)), 'f:1', [entry(1, 'f')]);

  expect(anew.entries.map((one) => one.cursor)).toEqual(['f:1']);
  expect(take(anew, range(10, 12))).toEqual({ log: anew, fresh: [] });
});

test('what was missed fills the hole, and moves no place', () => {
  const log = fill(take(begin(EMPTY, 'e:90', range(1, 2)), [entry(91)]).log, range(88, 91));

  expect(log.cursor).toBe('e:91');
  expect(offsets(log.entries)).toEqual([91, 90, 89, 88, 2, 1]);
});

test('a thousand are kept', () => {
  const { log } = take(begin(EMPTY, 'e:0', []), range(1, KEPT_MAX + 5));

  expect(log.entries).toHaveLength(KEPT_MAX);
  expect(offsets(log.entries).at(-1)).toBe(6);
});

describe('by whatever ways entries come', () => {
  test('all behind the place are told, in order and once', () => {
    // Stream and polls each go on from some place that was known, and give what lies behind it.
    const way = fc.record({ back: fc.nat(8), count: fc.nat(12) });
    fc.assert(
      fc.property(fc.nat(5), fc.array(way, { maxLength: 30 }), (start, ways) => {
        let log = begin(EMPTY, `e:${start}`, range(1, start));
        let reached = start;
        const told: number[] = [];
        for (const { back, count } of ways) {
          const from = Math.max(reached - back, start);
          const { log: next, fresh } = take(log, range(from + 1, from + count));
          log = next;
          told.push(...offsets(fresh));
          reached = Math.max(reached, from + count);
        }

        expect(told).toEqual(offsets(range(start + 1, reached)));
        expect(offsets(log.entries)).toEqual(offsets(range(1, reached)).reverse());
      }),
    );
  });
});

test('critical is what the daemon owes to each client', () => {
  const of = (event: unknown): boolean => isCritical({ ...entry(1), event } as LiveEntry);

  expect(of({ type: 'error_event', payload: {} })).toBe(true);
  expect(of({ type: 'activity_message', payload: { level: 'error' } })).toBe(true);
  expect(of({ type: 'activity_message', payload: { level: 'warning' } })).toBe(false);
  expect(of({ type: 'server_status', payload: { status: 'stopped' } })).toBe(true);
  expect(of({ type: 'server_status', payload: { status: 'stopping' } })).toBe(false);
  for (const action of ['disabled', 'failing', 'removed'])
    expect(of({ type: 'source_update', payload: { action } })).toBe(true);
  expect(of({ type: 'source_update', payload: { action: 'run' } })).toBe(false);
});
