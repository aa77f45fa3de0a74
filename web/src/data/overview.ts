/** All that the overview tells of, of one moment. */
import { api, ask } from '../api/client';
import type { GapReason, GapView, LiveSnapshot } from '../api/schema';
import { Resource } from './resource.svelte';

const GAP_SHOWN_MS = 7 * 24 * 60 * 60 * 1_000;
/** Runs that found nothing to send, or that their owner put off: nobody needs to do anything about them. */
const EXPECTED: ReadonlySet<GapReason> = new Set([
  'nothing_new',
  'nothing_to_tell',
  'source_off',
  'edited',
]);

/** The state that the live stream begins with. Of its gaps, runs of the last seven days that were not made. */
export type Overview = LiveSnapshot;

export const overview = new Resource<Overview>(async () => {
  const snapshot = await ask(api.GET('/api/live/snapshot'));
  return { ...snapshot, gaps: snapshot.gaps.filter((gap) => isOpen(gap, Date.now())) };
});

function isOpen(gap: GapView, now: number): boolean {
  return gap.ranAt === null && gap.lastAt >= now - GAP_SHOWN_MS && !EXPECTED.has(gap.reason);
}
