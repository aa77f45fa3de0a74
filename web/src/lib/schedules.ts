/** Schedules, runs and gaps as a person would say them. Pure: the caller hands in the time. */
import type { BindingView, GapView, LastRunView, ScheduleView } from '../api/schema';
import { ago, ahead, days } from './time';
import { counted, type Said } from './words';

const UNITS = [
  [86_400, 'day', 'days'],
  [3_600, 'h', 'h'],
  [60, 'min', 'min'],
  [1, 's', 's'],
] as const;

/** "daily 07:00 Europe/Berlin", "every 90 min", "on change". */
export function scheduleWords(schedule: ScheduleView): string {
  const zone = schedule.zone == null ? '' : ` ${schedule.zone}`;
  switch (schedule.mode) {
    case 'interval':
      return `every ${interval(schedule.everyS ?? 0)}`;
    case 'daily':
      return `daily ${schedule.at}${zone}`;
    case 'weekly':
      return `weekly on ${capital(schedule.day ?? '')} ${schedule.at}${zone}`;
    case 'cron':
      return `cron \`${schedule.cron}\`${zone}`;
    default:
      return 'on change';
  }
}

/** When a binding runs, and when next: "daily 07:00 Europe/Berlin, next in 3 h". */
export function timingWords(binding: BindingView, now: number): string {
  const words = scheduleWords(binding.schedule);
  if (binding.nextRunAt === null) return words;
  return `${words}, ${binding.nextRunAt <= now ? 'due now' : `next ${ahead(binding.nextRunAt, now)}`}`;
}

/** How the last run of a binding went. */
export function lastRunWords(last: LastRunView, now: number): Said {
  const when = ago(last.at, now);
  switch (last.result) {
    case 'sent':
      return { lamp: 'green', words: `Sent ${when}` };
    case 'nothing_new':
      return { lamp: 'grey', words: `Nothing new, ${when}` };
    case 'nothing_to_tell':
      return { lamp: 'grey', words: `Nothing to tell, ${when}` };
    case 'failed':
      return { lamp: 'red', words: `Could not be read, ${when}: ${sentence(last.detail)}` };
  }
}

/** What a binding is called among those of its source: its target, and its endpoint where that is needed. */
export function bindingName(binding: BindingView, among: readonly BindingView[]): string {
  const alike = among.filter((one) => one.targetId === binding.targetId);
  return new Set(alike.map((one) => one.endpointId)).size > 1
    ? `${binding.target} (${binding.endpoint})`
    : binding.target;
}

/** "3 runs of stock to hook were missed: the daemon was not running, or the machine slept." */
export function gapWords(gap: GapView): string {
  const count = `${gap.isAtLeast ? 'At least ' : ''}${counted(gap.count, 'run', 'runs')}`;
  const were = gap.count === 1 && !gap.isAtLeast ? 'was' : 'were';
  return `${count} of ${gap.source} to ${gap.target} ${were} ${why(gap)}`;
}

/** The days of a gap, in the zone of its schedule: "20 to 22 Nov". */
export const gapDays = (gap: GapView): string => days(gap.firstAt, gap.lastAt, gap.zone);

function why(gap: GapView): string {
  switch (gap.reason) {
    case 'missed':
      return 'missed: the daemon was not running, or the machine slept.';
    case 'read_failed':
      return gap.detail === ''
        ? 'not made: it could not be read.'
        : `not made, as it could not be read: ${sentence(gap.detail)}`;
    case 'source_off':
      return 'not made: the source was off.';
    case 'edited':
      return 'not made: the schedule was changed before.';
    default:
      return `not sent: ${sentence(gap.words)}`;
  }
}

function interval(seconds: number): string {
  const [size, one, many] = UNITS.find(([size]) => seconds % size === 0) ?? UNITS[3];
  const count = seconds / size;
  return count === 1 && size > 1 ? (size === 86_400 ? one : `1 ${one}`) : `${count} ${many}`;
}

export const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

const sentence = (words: string): string => (/[.!?…]$/.test(words) ? words : `${words}.`);
