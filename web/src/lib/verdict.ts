/** The one line on top: is my data flowing, what is waiting, what needs me. */
import type { Attention, TargetStatus } from '../api/schema';
import type { Overview } from '../data/overview';
import { ago } from './time';
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
export function needsOf({ status, health }: Overview): Need[] {
  const general = status.attention.filter((one) => one.target == null).map(generalNeed);
  const paused = status.targets.filter(
    (one) => one.health.state === 'paused' && !healsByItself(one.health),
  );
  const stopped = paused.map((target) => pausedNeed(target, status.attention));
  const lost = status.targets.filter((one) => one.counts.dlq > 0).map(givenUpNeed);
  const workers = health.workers.filter((one) => one.state === 'restarting');
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
  const { status, health, bindings, gaps } = overview;
  const { counts } = status;
  const more = lastDelivered(status.targets, now);
  if (health.status === 'stopping') {
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
  const healing = status.targets.filter((one) => one.health.state === 'paused');
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

function lastDelivered(targets: readonly TargetStatus[], now: number): string {
  const last = Math.max(...targets.map((one) => one.lastDeliveredAt ?? 0), 0);
  return last === 0 ? '' : `Last delivered ${ago(last, now)}.`;
}
