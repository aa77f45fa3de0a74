/** Throughput as a person would say it. Pure. */
import type { Tally, ThroughputBucket } from '../api/schema';
import { hourAndMinute, took } from './time';
import { counted } from './words';

export const isSilent = (tally: Tally): boolean => tally.delivered === 0 && tally.failed === 0;

/** "312 delivered, 4 failed tries; half within 42 ms, 95 % within 210 ms" */
export function tallyWords(tally: Tally): string {
  if (isSilent(tally)) return 'nothing was sent';
  const failed = counted(tally.failed, 'failed try', 'failed tries');
  const counts = `${tally.delivered.toLocaleString('en-GB')} delivered, ${failed}`;
  const speed = speedWords(tally.p50Ms, tally.p95Ms);
  return speed === '' ? counts : `${counts}; ${speed}`;
}

/** "half within 42 ms, 95 % within 210 ms", or nothing where nothing arrived. */
export const speedWords = (half: number | null, most: number | null): string =>
  half === null || most === null ? '' : `half within ${took(half)}, 95 % within ${took(most)}`;

/** "14:05" for a minute, "14:00 to 14:30" for longer. */
export function bucketTime(bucket: ThroughputBucket, bucketMs: number): string {
  const start = hourAndMinute(bucket.at);
  return bucketMs <= 60_000 ? start : `${start} to ${hourAndMinute(bucket.at + bucketMs)}`;
}
