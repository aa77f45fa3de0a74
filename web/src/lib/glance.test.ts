import { describe, expect, test } from 'vitest';
import type { PeerList, ServerView, SourceStatus, WakeView } from '../api/schema';
import { peersGlanceOf, serversGlance, usedSource, wakeGlanceOf } from './glance';

const NOW = Date.UTC(2026, 10, 22, 12, 30);
const MINUTE = 60_000;

const server = (name: string, state: ServerView['state']): ServerView =>
  ({ name, state, nextStartAt: null }) as ServerView;

const WAKE = {
  schedule: { 13: { 0: NOW + 30 * MINUTE } },
  timeZone: 'UTC',
  accounts: [{ id: 1, label: 'Work' }],
  isOn: true,
  lastWake: { firedAt: NOW - 12 * MINUTE, ok: true, reason: '', results: [] },
} as unknown as WakeView;

describe('what the overview tells of other pages', () => {
  test('servers: how many of each state, under the lamp of the worst', () => {
    const two = [server('docs', 'running'), server('broken', 'failed')];

    expect(serversGlance([])).toBeUndefined();
    expect(serversGlance([server('docs', 'running')])).toMatchObject({ lamp: 'green' });
    expect(serversGlance(two)).toEqual({
      path: '/servers',
      name: 'Servers',
      lamp: 'red',
      lines: ['1 has failed and 1 is running.'],
    });
  });

  test('wake: when the next is and how the last went, where there is anybody to wake', () => {
    expect(wakeGlanceOf({ ...WAKE, accounts: [] }, NOW)).toBeUndefined();
    expect(wakeGlanceOf(WAKE, NOW)).toMatchObject({
      path: '/wake',
      lamp: 'green',
      lines: ['The next wake is at 13:00, in 30 min.', 'Last wake 12 min ago.'],
    });
    expect(wakeGlanceOf({ ...WAKE, lastWake: null }, NOW)).toMatchObject({
      lamp: 'grey',
      lines: ['The next wake is at 13:00, in 30 min.'],
    });
  });

  test('peers: how many are online, where they are on and anybody was heard', () => {
    const items = [{}, {}] as PeerList['items'];

    expect(
      peersGlanceOf({ items: [], online: 0, isOn: true } as unknown as PeerList),
    ).toBeUndefined();
    expect(peersGlanceOf({ items, online: 1, isOn: false } as unknown as PeerList)).toBeUndefined();
    expect(peersGlanceOf({ items, online: 1, isOn: true } as unknown as PeerList)).toMatchObject({
      path: '/peers',
      lamp: 'green',
      lines: ['1 of 2 online.'],
    });
  });

  test('a source that is off is not in use', () => {
    const one = (isEnabled: boolean) => [{ kind: 'peers', isEnabled } as SourceStatus];

    expect(usedSource(one(false), 'peers')).toBeUndefined();
    expect(usedSource(one(true), 'peers')).toBeDefined();
    expect(usedSource(one(true), 'servers')).toBeUndefined();
  });
});
