import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { PeerList, PeerView } from '../api/schema';
import { found, moved, onlineWords, seenWords, sorted, statsOf, whoWords, wrongIn } from './peers';

const PEER: PeerView = {
  id: 'p1',
  name: 'Ann',
  user: 'ann',
  host: 'desk',
  group: 'sales',
  state: 'online',
  since: 1_000,
  lastSeen: 1_000,
  addresses: ['10.0.7.9'],
  instanceId: null,
  client: '',
  isSelf: false,
};
const peer = (more: Partial<PeerView>): PeerView => ({ ...PEER, ...more });
const list = (...items: PeerView[]): PeerList => ({
  isOn: true,
  items,
  nextCursor: null,
  online: items.filter((one) => one.state === 'online' && !one.isSelf).length,
});

test.each([
  [0, 'last seen just now'],
  [59_999, 'last seen just now'],
  [60_000, 'last seen 1 minute ago'],
  [5 * 60_000, 'last seen 5 minutes ago'],
  [60 * 60_000 - 1, 'last seen 59 minutes ago'],
  [3 * 3_600_000, 'last seen 3 hours ago'],
  [49 * 3_600_000, 'last seen 2 days ago'],
  [-5_000, 'last seen just now'],
])('after %i ms a peer was %s', (passed, words) => {
  expect(seenWords(1_000_000, 1_000_000 + passed)).toBe(words);
});

describe('what the live stream says of a peer', () => {
  it('is shown at once, with who is online counted', () => {
    const two = list(peer({}), peer({ id: 'p2', name: 'Bob' }));
    const after = moved(two, { peerId: 'p2', state: 'offline', timestamp: 5_000 });
    expect(onlineWords(after)).toBe('1 of 2 online');
    expect(after.items[1]).toMatchObject({ state: 'offline', since: 5_000, lastSeen: 1_000 });
    const back = moved(after, { peerId: 'p2', state: 'online', timestamp: 6_000 });
    expect(back.items[1]).toMatchObject({ state: 'online', lastSeen: 6_000 });
  });

  it('takes who is forgotten off the list, and leaves this machine uncounted', () => {
    const own = peer({ id: 'me', isSelf: true });
    const two = list(own, peer({ state: 'offline' }), peer({ id: 'p2' }));
    expect(onlineWords(two)).toBe('1 of 2 online');
    const after = moved(two, { peerId: 'p1', state: 'forgotten', timestamp: 5_000 });
    expect(after.items.map((one) => one.id)).toEqual(['me', 'p2']);
    expect(onlineWords(after)).toBe('1 of 1 online');
    const older = { peerId: 'p2', state: 'forgotten', timestamp: 500 };
    expect(moved(after, older).items).toHaveLength(2);
  });

  it('changes nothing where it is old, unknown, or of somebody else', () => {
    const one = list(peer({ since: 9_000 }));
    for (const news of [
      { peerId: 'p1', state: 'offline', timestamp: 8_000 },
      { peerId: 'p1', state: 'asleep', timestamp: 10_000 },
      { peerId: 'p9', state: 'offline', timestamp: 10_000 },
    ]) {
      expect(moved(one, news)).toEqual(one);
    }
  });

  it('never loses anyone, and counts who is online', () => {
    const news = fc.record({
      peerId: fc.constantFrom('p1', 'p2', 'p3'),
      state: fc.constantFrom('online', 'suspect', 'offline', 'left', 'new'),
      timestamp: fc.nat(10_000),
    });
    fc.assert(
      fc.property(fc.array(news), (all) => {
        const after = all.reduce(moved, list(peer({}), peer({ id: 'p2' })));
        expect(after.items.map((one) => one.id)).toEqual(['p1', 'p2']);
        expect(after.online).toBe(after.items.filter((one) => one.state === 'online').length);
      }),
    );
  });
});

test('this machine stands first, then who is online, then who is missed, by name', () => {
  const all = [
    peer({ id: '1', name: 'Zoe' }),
    peer({ id: '2', name: 'Bob', state: 'left' }),
    peer({ id: '3', name: 'Ann', state: 'offline' }),
    peer({ id: '4', name: 'Eve', state: 'suspect' }),
    peer({ id: '5', name: 'Ann' }),
    peer({ id: '6', name: 'Zoe', isSelf: true }),
  ];
  expect(sorted(all).map((one) => one.id)).toEqual(['6', '5', '1', '4', '3', '2']);
});

test('a word finds names, hosts, groups and addresses', () => {
  const all = [peer({}), peer({ id: 'p2', name: 'Bob', host: 'lab', group: '', addresses: [] })];
  for (const word of ['ANN', 'des', ' sales ', '10.0.7']) {
    expect(found(all, word === 'ANN' ? 'an' : word)[0]?.id).toBe('p1');
  }
  expect(found(all, 'lab').map((one) => one.id)).toEqual(['p2']);
  expect(found(all, '  ')).toHaveLength(2);
});

test('who it is says nothing twice', () => {
  expect(whoWords(peer({ client: 'iptux 0.9' }))).toBe('ann@desk, in sales, iptux 0.9');
  expect(whoWords(peer({ name: 'ann@desk', group: '' }))).toBe('');
});

test('what never was is said so', () => {
  const stats = {
    heartbeatsSent: 1_234,
    timeoutsDetected: 0,
    peersCleanedUp: 2,
    lastHeartbeatAt: 940_000,
    lastTimeoutCheck: null,
    lastCleanupAt: null,
    packetsDropped: 3,
    packetsNotUnderstood: 0,
  };
  expect(statsOf(stats, 1_000_000).map((one) => one.value)).toEqual([
    '1,234',
    '1 min ago',
    '0',
    'never',
    '2',
    'never',
    '0',
    '3',
  ]);
});

test('what is no number is told before it is sent', () => {
  expect(wrongIn({ heartbeatInterval: '60', peerTimeout: ' 180.5 ' })).toEqual({});
  expect(Object.keys(wrongIn({ heartbeatInterval: '', peerTimeout: 'ten' }))).toEqual([
    'heartbeatInterval',
    'peerTimeout',
  ]);
});
