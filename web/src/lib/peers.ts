/** Other machines on the network as people look at them. Pure. */
import type { PeerList, PeerState, PeerStatsView, PeersConfig, PeerView } from '../api/schema';
import { ago } from './time';
import { counted, type Said } from './words';

/** Who is there comes first. */
export const STATES: Record<PeerState, Said> = {
  online: { lamp: 'green', words: 'Online' },
  suspect: { lamp: 'yellow', words: 'Suspect' },
  offline: { lamp: 'red', words: 'Offline' },
  left: { lamp: 'grey', words: 'Left' },
};
const RANKS = Object.keys(STATES) as PeerState[];

const MINUTE_MS = 60_000;
const UNITS = [
  ['day', 24 * 60 * MINUTE_MS],
  ['hour', 60 * MINUTE_MS],
  ['minute', MINUTE_MS],
] as const;

/** "last seen 5 minutes ago". */
export function seenWords(at: number, now: number): string {
  const passed = now - at;
  const [unit, length] = UNITS.find(([, length]) => passed >= length) ?? ['', 0];
  if (length === 0) return 'last seen just now';
  return `last seen ${counted(Math.floor(passed / length), unit, `${unit}s`)} ago`;
}

/** This machine, then who is there, then the others; by name. */
export function sorted(peers: readonly PeerView[]): PeerView[] {
  const rank = (one: PeerView): number => (one.isSelf ? -1 : RANKS.indexOf(one.state));
  return [...peers].sort(
    (a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name) || a.id.localeCompare(b.id),
  );
}

/** Those that a word names: in their name, user, host, group or an address. */
export function found(peers: readonly PeerView[], word: string): readonly PeerView[] {
  const wanted = word.trim().toLowerCase();
  if (wanted === '') return peers;
  return peers.filter((one) =>
    [one.name, one.user, one.host, one.group, ...one.addresses].some((text) =>
      text.toLowerCase().includes(wanted),
    ),
  );
}

/** Everybody but this machine. */
export const others = (peers: readonly PeerView[]): PeerView[] =>
  peers.filter((one) => !one.isSelf);

/** "2 of 5 online", without this machine. */
export const onlineWords = ({ items, online }: Pick<PeerList, 'items' | 'online'>): string =>
  `${online.toLocaleString('en-GB')} of ${others(items).length.toLocaleString('en-GB')} online`;

interface Moved {
  readonly peerId: string;
  readonly state: string;
  readonly timestamp: number;
}

/** What the live stream says of a peer that has left the list. */
const FORGOTTEN = 'forgotten';

/**
 * The list with what the live stream says of one peer: shown at once, before the list is read again. Someone who is not
 * in it, a state that is not known, and news older than what is shown change nothing; who is forgotten is in it no more.
 */
export function moved(list: PeerList, { peerId, state, timestamp }: Moved): PeerList {
  const isMeant = (one: PeerView): boolean => one.id === peerId && one.since <= timestamp;
  if (state === FORGOTTEN)
    return withItems(
      list,
      list.items.filter((one) => !isMeant(one)),
    );
  if (!isState(state)) return list;
  const items = list.items.map((one) =>
    isMeant(one) && one.state !== state
      ? { ...one, state, since: timestamp, lastSeen: seenAt(one, state, timestamp) }
      : one,
  );
  return withItems(list, items);
}

const withItems = (list: PeerList, items: PeerView[]): PeerList => ({
  ...list,
  items,
  online: others(items).filter((one) => one.state === 'online').length,
});

const isState = (state: string): state is PeerState => Object.hasOwn(STATES, state);

/** Who comes, or says that it goes, has been heard at that moment; who is missed has not. */
const seenAt = (one: PeerView, state: PeerState, at: number): number =>
  state === 'online' || state === 'left' ? Math.max(one.lastSeen, at) : one.lastSeen;

/** Who it is, beside its name, and what it runs: "ann@desk, in sales, iptux 0.9". */
export function whoWords({ name, user, host, group, client }: PeerView): string {
  const at = [user, host].filter(Boolean).join('@');
  return [at !== name && at, group && `in ${group}`, client].filter(Boolean).join(', ');
}

/** What was counted, in the order in which it is told; instants that never were are said so. */
export function statsOf(stats: PeerStatsView, now: number): { name: string; value: string }[] {
  const at = (instant: number | null): string => (instant === null ? 'never' : ago(instant, now));
  const many = (count: number): string => count.toLocaleString('en-GB');
  return [
    { name: 'Heartbeats sent', value: many(stats.heartbeatsSent) },
    { name: 'Last heartbeat', value: at(stats.lastHeartbeatAt) },
    { name: 'Timeouts noticed', value: many(stats.timeoutsDetected) },
    { name: 'Last look at timeouts', value: at(stats.lastTimeoutCheck) },
    { name: 'Peers cleaned up', value: many(stats.peersCleanedUp) },
    { name: 'Last cleanup', value: at(stats.lastCleanupAt) },
    { name: 'Packets not understood', value: many(stats.packetsNotUnderstood) },
    { name: 'Packets dropped', value: many(stats.packetsDropped) },
  ];
}

export type TimingField = 'heartbeatInterval' | 'peerTimeout';
export type Timing = Record<TimingField, string>;

export const timingOf = (config: Pick<PeersConfig, TimingField>): Timing => ({
  heartbeatInterval: String(config.heartbeatInterval),
  peerTimeout: String(config.peerTimeout),
});

/** What of it is no number of seconds; whether a number is good is for the daemon to say. */
export function wrongIn(timing: Timing): Partial<Record<TimingField, string>> {
  const wrong: Partial<Record<TimingField, string>> = {};
  for (const field of ['heartbeatInterval', 'peerTimeout'] as const) {
    if (timing[field].trim() === '' || !Number.isFinite(Number(timing[field])))
      wrong[field] = 'Give a number of seconds.';
  }
  return wrong;
}

/** The form's field that a refusal is about. */
export function timingField(field: string | undefined): TimingField | undefined {
  return field === 'heartbeatInterval' || field === 'peerTimeout' ? field : undefined;
}

export interface PresetChoice {
  readonly name: PeersConfig['preset'];
  readonly words: string;
  readonly isInForce: boolean;
}

const PRESETS: Partial<Record<PeersConfig['preset'], string>> = {
  standard: 'Standard',
  fast: 'Fast',
};

/** The presets with what each would be: "Fast: 15 s, gone after 36 s". */
export function presetsOf(config: PeersConfig): PresetChoice[] {
  return Object.entries(config.presets).map(([key, timing]) => {
    const name = key as PeersConfig['preset'];
    return {
      name,
      words: `${PRESETS[name] ?? name}: ${timing.heartbeatInterval} s, gone after ${timing.peerTimeout} s`,
      isInForce: config.preset === name,
    };
  });
}
