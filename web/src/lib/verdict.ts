/** The one line on top: is my data flowing, what is waiting, what needs me. */
import type { Attention, TargetStatus } from '../api/schema';
import type { Overview } from '../data/overview';
import { ago, timeOf } from './time';
import { counted, healsByItself, type Lamp, listed } from './words';

export interface Verdict {
  lamp: Lamp;
  line: string;
  more: string;
}

export interface Need {
  lamp: Lamp;
  what: string;
  advice: string;
  target?: TargetStatus;
  isGivenUp?: boolean;
}

/** Everything that needs a person, the worst first. */
export function needsOf({ targets, attention, daemon }: Overview): Need[] {
  const general = attention.filter((one) => one.target == null).map(generalNeed);
  const paused = targets.filter(
    (one) => one.health.state === 'paused' && !healsByItself(one.health),
  );
  const stopped = paused.map((target) => pausedNeed(target, attention));
  const lost = targets.filter((one) => one.counts.dlq > 0).map(givenUpNeed);
  const workers = daemon.workers.filter((one) => one.state === 'restarting');
  const crashed = workers.map(
    (one): Need => ({
      lamp: 'red',
      what: `A part of Posthouse (${one.name}) crashed and is being started again.`,
      advice: 'If it stays so, look at its log: `posthouse health`.',
    }),
  );
  return [...crashed, ...general, ...lost, ...stopped];
}

function generalNeed(one: Attention): Need {
  return { lamp: 'red', what: one.what, advice: one.do };
}

function pausedNeed(target: TargetStatus, attention: readonly Attention[]): Need {
  const said = attention.find(
    (one) => one.target === target.name && !one.what.includes('given up'),
  );
  const waiting =
    target.queued > 0
      ? ` ${counted(target.queued, 'delivery waits', 'deliveries wait')} for it.`
      : '';
  return {
    lamp: 'orange',
    what: `${said?.what ?? `${target.name} is paused.`}${waiting}`,
    advice: said?.do ?? '',
    target,
  };
}

function givenUpNeed(target: TargetStatus): Need {
  const count = target.counts.dlq;
  return {
    lamp: 'red',
    what: `${counted(count, 'delivery', 'deliveries')} to ${target.name} ${count === 1 ? 'was' : 'were'} given up.`,
    advice: 'See why, put it right, then replay or dismiss.',
    target,
    isGivenUp: true,
  };
}

/** The verdict over everything. */
export function verdictOf(overview: Overview, needs: readonly Need[], now: number): Verdict {
  const { targets, counts, daemon, bindings, gaps } = overview;
  const more = lastDelivered(targets, now);
  if (daemon.status === 'stopping') {
    return {
      lamp: 'grey',
      line: 'Posthouse is stopping.',
      more: 'What waits stays in the ledger.',
    };
  }
  if (needs.length > 0) {
    const lamp = needs.some((one) => one.lamp === 'red') ? 'red' : 'orange';
    const line = needs.length === 1 ? 'One thing needs you.' : `${needs.length} things need you.`;
    return {
      lamp,
      line,
      more: counts.targetPaused > 0 ? 'Nothing is lost: what waits is kept.' : more,
    };
  }
  const healing = targets.filter((one) => one.health.state === 'paused');
  if (healing.length > 0) {
    const names = listed(healing.map((one) => one.name));
    const waiting = counts.targetPaused;
    const kept =
      waiting === 0 ? '' : ` ${counted(waiting, 'delivery waits', 'deliveries wait')} meanwhile.`;
    return {
      lamp: 'orange',
      line: `${names} ${healing.length === 1 ? 'does' : 'do'} not answer.${kept}`,
      more: 'It is tried again by itself; nothing is lost.',
    };
  }
  const waiting = counts.pending + counts.failed + counts.inFlight;
  if (waiting > 0) {
    return {
      lamp: 'yellow',
      line: `Data is flowing. ${counted(waiting, 'delivery is', 'deliveries are')} on the way.`,
      more,
    };
  }
  if (gaps.length > 0) {
    return {
      lamp: 'yellow',
      line: 'Data is flowing, but scheduled runs were not made.',
      more,
    };
  }
  if (bindings.length === 0) {
    return {
      lamp: 'grey',
      line: 'Nothing is sent anywhere yet.',
      more: 'Connect a target and bind a source to it; below it says how.',
    };
  }
  if (counts.delivered > 0)
    return { lamp: 'green', line: 'All is well. Everything was delivered.', more };
  return { lamp: 'grey', line: 'All is ready. Nothing has happened yet.', more: '' };
}

/** What was known before the last look went wrong: nobody may take it for what is. */
export function pastVerdict(known: Verdict, readAt: number, isReached: boolean): Verdict {
  return {
    lamp: 'grey',
    line: isReached ? 'How things are now is not known.' : 'Posthouse does not answer.',
    more: `At ${timeOf(readAt)} it said: ${known.line}`,
  };
}

function lastDelivered(targets: readonly TargetStatus[], now: number): string {
  const last = Math.max(...targets.map((one) => one.lastDeliveredAt ?? 0), 0);
  return last === 0 ? '' : `Last delivered ${ago(last, now)}.`;
}
