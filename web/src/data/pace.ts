/**
 * When something shown is to be read again, as a pure rule: at once where it was quiet, at most once per second while
 * things move, not at all while nobody looks, and every half minute in any case.
 *
 * Instants are milliseconds of one clock.
 */
export const AGAIN_AFTER_MS = 1_000;
export const EVERY_MS = 30_000;

export interface Reading {
  /** When the last read began; 0 before the first. */
  readonly askedAt: number;
  readonly isReading: boolean;
  /** Something happened since the last read began. */
  readonly isStale: boolean;
}

/** When to read next; null while a read is under way, whose end is to be waited for, or while it is not seen. */
export function readAt(one: Reading, isHidden: boolean): number | null {
  if (isHidden || one.isReading) return null;
  return one.askedAt + (one.isStale ? AGAIN_AFTER_MS : EVERY_MS);
}
