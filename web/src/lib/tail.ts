/**
 * The newest output of a server as lines to read: what comes is joined to what there is, and no more is kept than a
 * page bears. Pure. Output comes in pieces that end anywhere; escape sequences of terminals are left out (ECMA-48), and
 * a carriage return begins its line anew, as a progress bar does.
 */
export const LINES_MAX = 1_000;
export const LINE_CHARACTERS_MAX = 4_000;

export interface TailLine {
  /** Which line it is of all that came, from 1. */
  readonly number: number;
  readonly text: string;
}

export interface Tail {
  readonly lines: readonly TailLine[];
  /** What came behind the last line's end, as it came. */
  readonly rest: string;
}

export const EMPTY: Tail = { lines: [], rest: '' };

/** A tail with a piece more. */
export function added(tail: Tail, piece: string): Tail {
  const parts = (tail.rest + piece).split('\n');
  const rest = (parts.pop() ?? '').slice(-LINE_CHARACTERS_MAX);
  const first = (tail.lines.at(-1)?.number ?? 0) + 1;
  const fresh = parts.map((text, place) => ({ number: first + place, text: plain(text) }));
  return { lines: [...tail.lines, ...fresh.slice(-LINES_MAX)].slice(-LINES_MAX), rest };
}

/** What is shown: its lines, and the one that has no end yet. */
export function shownOf(tail: Tail): readonly TailLine[] {
  const last = plain(tail.rest);
  if (last === '') return tail.lines;
  return [...tail.lines, { number: (tail.lines.at(-1)?.number ?? 0) + 1, text: last }];
}

/** A line without what is meant for a terminal. */
export function plain(line: string): string {
  const seen = line.replace(/\r+$/, '');
  const last = seen.slice(seen.lastIndexOf('\r') + 1);
  return last.replace(SEQUENCES, '').replace(CONTROLS, '').slice(0, LINE_CHARACTERS_MAX);
}

/** Operating system commands up to their end, control sequences, and the two-character ones. */
const SEQUENCES =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /\u001b(?:\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\[[0-?]*[ -/]*[@-~]?|[ -/]*[0-Z\\^-~])/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: likewise
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f]/g;
