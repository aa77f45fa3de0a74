/** States as a person would say them, each with its lamp. Pure: the caller hands in the time. */
import type {
  AttemptView,
  Counts,
  DeliveryView,
  HealthOfTarget,
  ReportedStatus,
  SourceStatus,
  TargetStatus,
} from '../api/schema';
import { ago, ahead, span } from './time';

/** green delivered · yellow waiting · orange paused · red gave up · grey idle */
export type Lamp = 'green' | 'yellow' | 'orange' | 'red' | 'grey';

export interface Said {
  lamp: Lamp;
  words: string;
}

export const STATUS: Record<ReportedStatus, Said> = {
  pending: { lamp: 'yellow', words: 'Waiting to send' },
  in_flight: { lamp: 'yellow', words: 'Sending…' },
  failed: { lamp: 'yellow', words: 'Failed, will retry' },
  target_paused: { lamp: 'orange', words: 'Paused' },
  delivered: { lamp: 'green', words: 'Delivered' },
  dlq: { lamp: 'red', words: 'Gave up' },
  dismissed: { lamp: 'grey', words: 'Dismissed' },
  expired: { lamp: 'grey', words: 'Expired' },
  withheld: { lamp: 'grey', words: 'Withheld' },
};

/** In the order in which people look for them. */
export const STATUSES = Object.keys(STATUS) as ReportedStatus[];

export function counted(count: number, one: string, many: string): string {
  return `${count.toLocaleString('en-GB')} ${count === 1 ? one : many}`;
}

/** "a", "a and b", "a, b and c". */
export function listed(words: readonly string[]): string {
  return words.length < 2
    ? (words[0] ?? '')
    : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

/** Where a delivery stands, with what comes next. */
export function deliveryWords(one: Standing, now: number): string {
  switch (one.status) {
    case 'pending':
      return one.availableAt > now
        ? `Waiting to send, ${ahead(one.availableAt, now)}`
        : 'Waiting to send';
    case 'failed':
      return `Failed, next try ${ahead(one.availableAt, now)}`;
    case 'dlq':
      return `Gave up after ${counted(one.tries, 'attempt', 'attempts')}`;
    default:
      return STATUS[one.status].words;
  }
}

type Standing = Pick<DeliveryView, 'status' | 'availableAt'> & { tries: number };

const REASONS: Record<string, string> = {
  by_hand: 'by hand',
  time_limit: 'its time limit passed',
  superseded: 'a newer one took its place',
  gave_up: 'every retry was used',
};

/** Why a delivery ended as it did, where that says more than its state. */
export function reasonWords(reason: string | null): string {
  if (reason === null) return '';
  return REASONS[reason] ?? reason.replaceAll('_', ' ');
}

const SKIPPED: Record<string, string> = {
  in_flight: 'it is being sent at this moment.',
  binding_removed: 'its binding was removed.',
  replayed_already: 'it was replayed already.',
  ended: 'it has ended already.',
  not_found: 'it is no longer there.',
};

export function skippedWords(reason: string): string {
  return SKIPPED[reason] ?? `${reason.replaceAll('_', ' ')}.`;
}

export function attemptWords(one: AttemptView): Said {
  const answer = one.statusCode === null ? '' : ` (${one.statusCode})`;
  switch (one.kind) {
    case 'delivered':
      return { lamp: 'green', words: `Delivered${answer}` };
    case 'transient':
    case 'rate_limited':
      return { lamp: 'yellow', words: `${one.diagnosis?.what ?? 'Failed.'}${answer}` };
    default:
      return { lamp: 'red', words: `${one.diagnosis?.what ?? 'Refused.'}${answer}` };
  }
}

const SELF_HEALING: ReadonlySet<string> = new Set(['transient', 'offline']);

export const healsByItself = (health: HealthOfTarget): boolean =>
  health.cause !== null && SELF_HEALING.has(health.cause);

/** What a target is doing, in a sentence. */
export function targetWords(
  target: Pick<TargetStatus, 'health' | 'queued' | 'counts' | 'nextProbeAt'>,
  now: number,
): Said {
  const { health } = target;
  if (health.state === 'resuming') return { lamp: 'yellow', words: 'Resuming, a few at a time' };
  if (health.state === 'paused') return { lamp: 'orange', words: pauseWords(target, now) };
  if (target.queued > 0) return { lamp: 'yellow', words: 'Sending' };
  if (target.counts.delivered > 0) return { lamp: 'green', words: 'Flowing' };
  return { lamp: 'grey', words: 'Nothing sent yet' };
}

function pauseWords(
  { health, nextProbeAt }: Pick<TargetStatus, 'health' | 'nextProbeAt'>,
  now: number,
): string {
  if (health.cause === 'manual') return 'Paused by hand';
  if (health.cause === 'offline') return 'Paused: this machine has no network';
  const why = health.detail.replace(/\.$/, '') || 'it does not answer';
  const next = nextProbeAt === null ? '' : `. Tried again ${ahead(nextProbeAt, now)}`;
  return `Paused: ${why}${next}`;
}

/** What a source is doing, in a sentence. */
export function sourceActivity(source: SourceStatus, now: number): string {
  const { activity } = source;
  if (source.problem) return `Cannot be used: ${source.problem}`;
  switch (activity.state) {
    case 'disabled':
      return 'Switched off';
    case 'failing':
      return `Cannot be read: ${activity.detail}`;
    case 'buffering':
      return activity.secondsLeft === null
        ? 'Something changed; it is read soon'
        : `Something changed; it is read in ${span(activity.secondsLeft * 1_000)}`;
    case 'reading':
      return 'Reading…';
    case 'passive':
    case 'watching':
      if (source.lastEventAt !== null) return `Last event ${ago(source.lastEventAt, now)}`;
      if (activity.state === 'passive') return 'Listening; nothing came yet';
      return source.needsSchedule
        ? 'Read by the clock; nothing was told yet'
        : 'Watching; nothing happened yet';
    default:
      return activity.state;
  }
}

const DAY_MS = 24 * 60 * 60 * 1_000;

/** The traffic light of a source: the worst of what it does itself and what became of its deliveries. */
export function sourceLamp(source: SourceStatus, now: number): Said {
  const { counts } = source;
  if (source.problem) return { lamp: 'red', words: 'Cannot be used' };
  if (source.activity.state === 'failing') return { lamp: 'red', words: 'Cannot be read' };
  if (counts.dlq > 0)
    return { lamp: 'red', words: `Gave up on ${counts.dlq.toLocaleString('en-GB')}` };
  if (counts.targetPaused > 0) return { lamp: 'orange', words: 'Its target is paused' };
  if (!source.isEnabled) return { lamp: 'grey', words: 'Off' };
  const waiting = counts.pending + counts.failed + counts.inFlight;
  if (waiting > 0) return { lamp: 'yellow', words: `${waiting.toLocaleString('en-GB')} waiting` };
  if (source.activity.state === 'buffering') return { lamp: 'yellow', words: 'Gathering' };
  if (source.bindings === 0) return { lamp: 'grey', words: 'Not bound' };
  // Green says that it arrives, not that it once did.
  if (source.lastDeliveredAt !== null && now - source.lastDeliveredAt < DAY_MS)
    return { lamp: 'green', words: 'Delivered' };
  if (counts.delivered > 0) return { lamp: 'grey', words: 'Nothing for a day' };
  return { lamp: 'grey', words: 'Nothing yet' };
}

/** All deliveries, whatever became of them. */
export const deliveriesIn = (counts: Counts): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

/** Whether a push has something to read. */
export const canBePushed = (source: Pick<SourceStatus, 'shape'>): boolean =>
  source.shape === 'snapshot';
