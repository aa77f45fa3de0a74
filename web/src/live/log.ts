/**
 * What has come, as pure functions: entries newest first, each cursor once, and the place from which to go on.
 *
 * Stream and polls each give what lies behind a place, in order and without a hole; so an entry is new exactly when it
 * lies behind the place that is known.
 */
import type { LiveEntry as AnyEntry } from '../api/schema';

export type LiveType = AnyEntry['event']['type'];
/** What a stream says of itself; it lies in no log. */
export type Aside = 'pong' | 'reload' | 'cut';
export type LiveEntry = AnyEntry;

export const KEPT_MAX = 1_000;
const VERSION = 1;

// One line for each type that the API has: what is missing here, or is too much, does not compile.
const KNOWN: Record<LiveType, true> = {
  server_status: true,
  activity_message: true,
  session_update: true,
  error_event: true,
  delivery_update: true,
  target_health: true,
  source_update: true,
  peer_update: true,
  agent_update: true,
  server_update: true,
  wake_update: true,
  settings_update: true,
  pong: true,
  reload: true,
  cut: true,
};
const ASIDES: ReadonlySet<string> = new Set<Aside>(['pong', 'reload', 'cut']);

export interface Log {
  /** `<epoch>:<offset>` of the last that came; null before the first snapshot. */
  readonly cursor: string | null;
  readonly entries: readonly LiveEntry[];
}

export const EMPTY: Log = { cursor: null, entries: [] };

/** Take over what came, in order. `fresh`: what of it was new and can be read, oldest first. */
export function take(
  log: Log,
  came: readonly LiveEntry[],
): { log: Log; fresh: readonly LiveEntry[] } {
  let cursor = log.cursor;
  const fresh: LiveEntry[] = [];
  for (const entry of came) {
    if (isAside(entry) || !isBehind(entry.cursor, cursor)) continue;
    cursor = entry.cursor;
    if (isKnown(entry)) fresh.push(entry);
  }
  if (cursor === log.cursor) return { log, fresh };
  const entries = [...fresh].reverse().concat(log.entries).slice(0, KEPT_MAX);
  return { log: { cursor, entries: fresh.length === 0 ? log.entries : entries }, fresh };
}

/** Begin, or begin anew: what is known up to this cursor, and some of what was before it. */
export function begin(log: Log, cursor: string, before: readonly LiveEntry[]): Log {
  const { epoch } = placeOf(cursor);
  const found = new Map<string, LiveEntry>();
  for (const entry of [...log.entries, ...before]) {
    if (placeOf(entry.cursor).epoch === epoch && isKnown(entry) && !isAside(entry))
      found.set(entry.cursor, entry);
  }
  const entries = [...found.values()].sort(
    (a, b) => placeOf(b.cursor).offset - placeOf(a.cursor).offset,
  );
  return { cursor, entries: entries.slice(0, KEPT_MAX) };
}

/** Add some of what was before; the place stands. */
export function fill(log: Log, before: readonly LiveEntry[]): Log {
  return log.cursor === null ? log : begin(log, log.cursor, before);
}

/** Whether this type and version can be read here. */
export function isKnown(entry: LiveEntry): boolean {
  return Object.hasOwn(KNOWN, entry.event.type) && entry.event.payload.version === VERSION;
}

export function isAside(entry: LiveEntry): boolean {
  return ASIDES.has(entry.event.type);
}

/** Whether it is owed to each client until it is acknowledged, as the daemon decides it (`rules/live.py`). */
export function isCritical({ event }: LiveEntry): boolean {
  switch (event.type) {
    case 'error_event':
      return true;
    case 'activity_message':
      return event.payload.level === 'error';
    case 'server_status':
      return event.payload.status === 'stopped';
    case 'source_update':
      return ['disabled', 'failing', 'removed'].includes(event.payload.action);
    default:
      return false;
  }
}

/** Only `begin` leads to another ledger: an answer that was under way meanwhile must not lead back. */
function isBehind(cursor: string, known: string | null): boolean {
  if (known === null) return false;
  const [one, other] = [placeOf(cursor), placeOf(known)];
  return one.epoch === other.epoch && one.offset > other.offset;
}

function placeOf(cursor: string): { epoch: string; offset: number } {
  const at = cursor.lastIndexOf(':');
  return { epoch: cursor.slice(0, at), offset: Number(cursor.slice(at + 1)) };
}
