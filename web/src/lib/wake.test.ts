import { describe, expect, it, test } from 'vitest';
import type { WakeResult, WakeView } from '../api/schema';
import { QUIET, step } from './toggles';
import {
  answerWords,
  blocksOf,
  hourAfter,
  hourIn,
  lastWords,
  nextWakeAt,
  nextWords,
  pendingWords,
  resetHour,
  resultSaid,
  retryWords,
  soon,
  zoneHint,
} from './wake';

const NOW = Date.UTC(2026, 10, 22, 12, 30);
const MINUTE = 60_000;

function view(hours: readonly number[], more: Partial<WakeView> = {}): WakeView {
  const slots = (hour: number) => ({ 0: NOW + hour * MINUTE, 15: NOW + (hour + 15) * MINUTE });
  return {
    schedule: Object.fromEntries(hours.map((hour) => [hour, slots(hour)])),
    timeZone: 'UTC',
    resetOffsetHours: 5,
    probeSlotMinutes: 15,
    lastWake: null,
    pendingRetry: null,
    zones: Object.fromEntries(hours.map((hour) => [hour, 'UTC'])),
    accounts: [],
    resets: [],
    isOn: true,
    ...more,
  };
}

const RESULT: WakeResult = {
  accountId: 1,
  label: 'Work',
  ok: true,
  status: 200,
  error: '',
  state: 'answered',
  attempts: 1,
  nextRetryAt: null,
  deliveryId: 'd',
};
const REFUSED: WakeResult = {
  ...RESULT,
  ok: false,
  status: 429,
  error: 'rate limit\n reached',
  state: 'retrying',
  nextRetryAt: NOW + 3 * MINUTE,
};

describe('the hours of a day', () => {
  const told = (hours: readonly number[], more: Partial<WakeView> = {}) =>
    blocksOf(view(hours, more), QUIET, NOW);

  it('are covered for the rest of the window, past midnight too', () => {
    const covered = told([21]).filter((one) => one.isCovered);
    expect(covered.map((one) => one.hour)).toEqual([0, 1, 22, 23]);
    expect(
      told([21, 22])
        .filter((one) => one.isMarked)
        .map((one) => one.hour),
    ).toEqual([21, 22]);
    expect(told([3], { resetOffsetHours: 1 }).some((one) => one.isCovered)).toBe(false);
    expect(told([3], { resetOffsetHours: 168 }).filter((one) => one.isCovered)).toHaveLength(23);
  });

  it('say when a window that begins in them is over', () => {
    expect(told([21])[21]?.resetHour).toBe(2);
    expect([resetHour(9, 5), resetHour(22, 5), resetHour(9, 24)]).toEqual([14, 3, 9]);
  });

  it('have one that is now, by the clock of the schedule', () => {
    const now = (timeZone: string) => told([], { timeZone }).filter((one) => one.isNow);
    expect(now('UTC').map((one) => one.hour)).toEqual([12]);
    expect(now('Asia/Tokyo').map((one) => one.hour)).toEqual([21]);
    expect(hourIn(Date.UTC(2026, 0, 1, 0, 5), 'UTC')).toBe(0);
    expect(hourIn(NOW, 'Nowhere/AtAll')).toBe(new Date(NOW).getHours());
  });

  it('show what was clicked before it is confirmed', () => {
    const { state } = step(QUIET, { is: 'click', hour: 9, isOn: true });
    const blocks = blocksOf(view([21]), state, NOW);
    expect([blocks[9]?.isMarked, blocks[9]?.isUnderWay, blocks[21]?.isUnderWay]).toEqual([
      true,
      true,
      false,
    ]);
    expect(blocks[10]?.isCovered).toBe(true);
  });

  it('name a zone that is not the one of the page', () => {
    const blocks = told([9, 10], { zones: { 9: 'UTC', 10: 'Asia/Tokyo' } });
    expect([blocks[9]?.zone, blocks[10]?.zone, blocks[11]?.zone]).toEqual([
      null,
      'Asia/Tokyo',
      null,
    ]);
  });
});

test('the next wake is the soonest slot, or why there is none', () => {
  const accounts = [{}] as unknown as WakeView['accounts'];
  expect(nextWakeAt(view([]))).toBeNull();
  expect(nextWakeAt(view([3, 2]))).toBe(NOW + 2 * MINUTE);
  expect(nextWords(view([2], { accounts }), NOW)).toMatch(
    /^The next wake is at \d\d:\d\d, in 2 min\.$/,
  );
  expect(nextWords(view([0], { accounts }), NOW)).toBe('The next wake is due now.');
  expect(nextWords(view([2]), NOW)).toContain('add an account');
  expect(nextWords(view([], { accounts }), NOW)).toContain('No hour is marked');
  expect(nextWords(view([2], { accounts, isOn: false }), NOW)).toContain('the source is off');
  const farOff = NOW + 3 * 24 * 60 * MINUTE;
  expect(soon(farOff, NOW, 'UTC')).toBe('on Wednesday 25 November at 12:30');
});

describe('the last wake', () => {
  const last = (ok: boolean | null, results: WakeResult[]) =>
    lastWords({ firedAt: NOW - 12 * MINUTE, ok, reason: 'manual', results }, NOW);

  it('has a mark, how long ago, and why', () => {
    expect(last(true, [RESULT])).toEqual({ lamp: 'green', mark: '✓', words: '12 min ago' });
    expect(last(false, [RESULT, REFUSED]).words).toBe('12 min ago: 429: rate limit reached');
    expect(last(false, [REFUSED, REFUSED]).words).toBe('12 min ago: 2 accounts did not answer');
    expect(last(false, [{ ...REFUSED, status: null, error: '' }]).words).toBe(
      '12 min ago: 1 account did not answer',
    );
    expect(last(null, []).words).toBe('12 min ago: nobody was asked');
    expect(last(null, [{ ...RESULT, ok: null, state: 'sending' }]).words).toContain('not all');
  });

  it('has the words of each account', () => {
    expect(resultSaid(REFUSED).words).toBe('Failed, will retry');
    expect(answerWords({ status: null, error: 'x'.repeat(300) })).toHaveLength(201);
    expect(answerWords({ status: 500, error: '' })).toBe('500');
    expect(retryWords(REFUSED, NOW)).toBe('Asked again in 3 min.');
    expect(retryWords(RESULT, NOW)).toBe('');
  });

  it('tells who is asked again, when, and how often', () => {
    const pending = {
      retriesLeft: 5,
      nextRetryAt: NOW + 3 * MINUTE,
      reason: 'manual',
      accounts: ['Work', 'Home'],
    };
    expect(pendingWords(pending, NOW)).toBe(
      'Work and Home are asked again in 3 min; 5 tries are left.',
    );
    expect(pendingWords({ ...pending, retriesLeft: 1, accounts: ['Work'] }, NOW + 4 * MINUTE)).toBe(
      'Work is asked again now; 1 try is left.',
    );
  });
});

test('who reads the hours in another zone is told how far it is away', () => {
  expect(zoneHint('UTC', 'UTC', NOW)).toBe('');
  expect(zoneHint('UTC', 'Asia/Kolkata', NOW)).toBe(
    'This browser is in Asia/Kolkata: there it is 5 h 30 min later.',
  );
  expect(zoneHint('Asia/Tokyo', 'UTC', NOW)).toBe(
    'This browser is in UTC: there it is 9 h earlier.',
  );
  expect(zoneHint('Europe/Berlin', 'Europe/Paris', NOW)).toBe('');
  expect(zoneHint('America/New_York', 'UTC', NOW)).toBe(
    'This browser is in UTC: there it is 5 h later.',
  );
  expect(zoneHint('Nowhere/AtAll', 'UTC', NOW)).toBe('This browser is in UTC.');
});

test('arrow keys lead from hour to hour, and not over the edge', () => {
  expect(
    ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown'].map((key) => hourAfter(key, 9, 6)),
  ).toEqual([8, 10, 3, 15]);
  expect([hourAfter('ArrowUp', 3, 6), hourAfter('ArrowRight', 23, 6)]).toEqual([3, 23]);
  expect([hourAfter('Home', 9, 6), hourAfter('End', 9, 6), hourAfter('a', 9, 6)]).toEqual([
    0,
    23,
    null,
  ]);
});
