/**
 * The feed as lines to read. Deliveries, and events that nothing takes, move many times a second: what follows closely
 * upon one another of one lane, or one source, is one line with the latest figures. Pure.
 */
import type { LiveEntry } from '../live/log';
import { LEVELS, type Level, type ShownType, TYPES, tellOf } from './live_words';

/** Figures that come later than this after those before them are a line of their own. */
export const TOGETHER_MS = 60_000;

export interface Line {
  /** The cursor of the first entry in it, which stays while others join. */
  readonly key: string;
  readonly entry: LiveEntry;
}

export interface Wanted {
  readonly type: ShownType | null;
  readonly level: Level | null;
}

export const EVERYTHING: Wanted = { type: null, level: null };

/** The lines of entries that are newest first; newest first, by the first entry in each. */
export function linesOf(entries: readonly LiveEntry[]): Line[] {
  const lines: Line[] = [];
  /** Where the line of each lane and source stands, until something else happens. */
  let open = new Map<string, number>();
  for (const entry of entries.toReversed()) {
    const lane = laneOf(entry);
    if (lane === null) {
      open = new Map();
      const last = lines.at(-1);
      if (last !== undefined && isSameNews(last.entry, entry)) {
        lines[lines.length - 1] = { key: last.key, entry: toldBetter(last.entry, entry) };
      } else lines.push({ key: entry.cursor, entry });
      continue;
    }
    const place = open.get(lane);
    const before = place === undefined ? undefined : lines[place];
    if (
      place !== undefined &&
      before !== undefined &&
      entry.timestamp - before.entry.timestamp <= TOGETHER_MS
    ) {
      lines[place] = { key: before.key, entry: joined(before.entry, entry) };
    } else {
      open.set(lane, lines.length);
      lines.push({ key: entry.cursor, entry });
    }
  }
  return lines.reverse();
}

/** Those that a person wants to see. */
export function wantedLines(lines: readonly Line[], wanted: Wanted): Line[] {
  return lines.filter(
    ({ entry }) =>
      Object.hasOwn(TYPES, entry.event.type) &&
      (wanted.type === null || entry.event.type === wanted.type) &&
      (wanted.level === null || tellOf(entry).level === wanted.level),
  );
}

/** What came behind an entry; all there is where that one is gone. */
export function cameAfter(
  entries: readonly LiveEntry[],
  top: LiveEntry | undefined,
): readonly LiveEntry[] {
  if (top === undefined) return entries;
  const place = entries.findIndex((one) => one.cursor === top.cursor);
  return place < 0 ? entries : entries.slice(0, place);
}

/** What an address asks for; a type or level that there is not asks for nothing. */
export function wantedIn(query: URLSearchParams): Wanted {
  const [type, level] = [query.get('type'), query.get('level')];
  return {
    type: type !== null && Object.hasOwn(TYPES, type) ? (type as ShownType) : null,
    level: level !== null && Object.hasOwn(LEVELS, level) ? (level as Level) : null,
  };
}

export function pathOf({ type, level }: Wanted): string {
  const pairs = Object.entries({ type, level }).filter(
    (pair): pair is [string, ShownType & Level] => pair[1] !== null,
  );
  const query = new URLSearchParams(pairs).toString();
  return query === '' ? '/live' : `/live?${query}`;
}

function laneOf({ event }: LiveEntry): string | null {
  if (event.type === 'delivery_update') return `lane ${event.payload.endpointId}`;
  if (event.type === 'source_update' && event.payload.action === 'events')
    return `source ${event.payload.sourceId}`;
  return null;
}

/** Some news is told twice, as what has changed and as the message about it. */
function isSameNews(before: LiveEntry, after: LiveEntry): boolean {
  return (
    before.event.type !== after.event.type &&
    after.timestamp - before.timestamp <= TOGETHER_MS &&
    tellOf(before).words === tellOf(after).words
  );
}

/** The one that leads somewhere. */
function toldBetter(before: LiveEntry, after: LiveEntry): LiveEntry {
  return tellOf(after).link === null ? before : after;
}

/** The later one; events add up. */
function joined(before: LiveEntry, after: LiveEntry): LiveEntry {
  const { event } = after;
  if (before.event.type !== 'source_update' || event.type !== 'source_update') return after;
  const count = (before.event.payload.count ?? 0) + (event.payload.count ?? 0);
  return { ...after, event: { ...event, payload: { ...event.payload, count } } };
}
