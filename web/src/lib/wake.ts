/** The wake schedule as a person reads it: the hours of a day, the last wake, and what is tried again. Pure. */
import type { LastWake, PendingRetryView, WakeResult, WakeView } from '../api/schema';
import { ago, ahead } from './time';
import { isShownOn, isUnderWay, type Toggles } from './toggles';
import { counted, listed, type Said } from './words';

const HOURS = 24;
const DAY_MS = 86_400_000;
/** Of an answer that is longer, its beginning is shown. */
const SHOWN_ANSWER_MAX = 200;

export interface HourBlock {
  readonly hour: number;
  readonly isMarked: boolean;
  /** A window that a marked hour began is still open in it. */
  readonly isCovered: boolean;
  /** It is this hour there now. */
  readonly isNow: boolean;
  /** The daemon has yet to confirm what is shown. */
  readonly isUnderWay: boolean;
  /** The hour in which a window begun in it is over. */
  readonly resetHour: number;
  /** Where it is marked by the clock of another zone than the page's: that one. */
  readonly zone: string | null;
}

/** "09:00". */
export const hourName = (hour: number): string => `${String(hour).padStart(2, '0')}:00`;

export const resetHour = (hour: number, windowHours: number): number =>
  (hour + windowHours) % HOURS;

/** All hours of the day, from midnight on. */
export function blocksOf(view: WakeView, toggles: Toggles, now: number): HourBlock[] {
  const hours = Array.from({ length: HOURS }, (_, hour) => hour);
  const marked = hours.map((hour) => isShownOn(toggles, hour, isMarkedIn(view, hour)));
  const window = Math.min(view.resetOffsetHours, HOURS);
  const isBehindMark = (hour: number): boolean =>
    hours.slice(1, window).some((back) => marked[(hour - back + HOURS) % HOURS]);
  const present = hourIn(now, view.timeZone);
  return hours.map((hour) => {
    const zone = view.zones[hour];
    return {
      hour,
      isMarked: marked[hour] === true,
      isCovered: marked[hour] !== true && isBehindMark(hour),
      isNow: hour === present,
      isUnderWay: isUnderWay(toggles, hour),
      resetHour: resetHour(hour, view.resetOffsetHours),
      zone: zone === undefined || zone === view.timeZone ? null : zone,
    };
  });
}

export const isMarkedIn = (view: WakeView, hour: number): boolean =>
  Object.hasOwn(view.schedule, hour);

/** The hour of the day in a zone; that of this browser where it does not know the zone. */
export const hourIn = (at: number, zone: string): number =>
  Number(inZone({ hour: '2-digit' }, zone).format(at));

/** When a slot fires next; null where none is marked. */
export function nextWakeAt(view: WakeView): number | null {
  const instants = Object.values(view.schedule).flatMap((slots) => Object.values(slots));
  return instants.length === 0 ? null : Math.min(...instants);
}

/** "The next wake is at 09:15, in 12 min.", by the clock of the schedule; or why there is none. */
export function nextWords(view: WakeView, now: number): string {
  const at = nextWakeAt(view);
  if (!view.isOn) return 'Nobody is woken by the clock: the source is off.';
  if (at === null) return 'No hour is marked: nobody is woken by the clock.';
  if (view.accounts.length === 0) return 'There is nobody to wake yet: add an account.';
  return at <= now
    ? 'The next wake is due now.'
    : `The next wake is ${soon(at, now, view.timeZone)}.`;
}

/** "at 09:15, in 12 min"; of what is further off than a day "on Monday 23 November at 09:00". */
export function soon(at: number, now: number, zone: string): string {
  const isNear = at - now < DAY_MS;
  const day = isNear ? {} : ({ weekday: 'long', day: 'numeric', month: 'long' } as const);
  const words = inZone({ ...day, hour: '2-digit', minute: '2-digit' }, zone).format(at);
  return isNear ? `at ${words}, ${ahead(at, now)}` : `on ${words}`;
}

/** Words by the clock of a zone; by that of this browser where it does not know the zone. */
function inZone(options: Intl.DateTimeFormatOptions, zone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-GB', { ...options, timeZone: zone });
  } catch {
    return new Intl.DateTimeFormat('en-GB', options);
  }
}

export type Mark = '✓' | '✗' | '…';

/** How the last wake went, with a mark for those who skim: "✓ 12 min ago". */
export function lastWords(last: LastWake, now: number): Said & { mark: Mark } {
  const when = ago(last.firedAt, now);
  if (last.ok === true) return { lamp: 'green', mark: '✓', words: when };
  if (last.ok === null) {
    const isNobody = last.results.length === 0;
    return {
      lamp: isNobody ? 'grey' : 'yellow',
      mark: '…',
      words: isNobody ? `${when}: nobody was asked` : `${when}: not all have answered yet`,
    };
  }
  const failed = last.results.filter((one) => one.ok === false);
  const why = failed.length === 1 && failed[0] !== undefined ? answerWords(failed[0]) : '';
  const words = why || `${counted(failed.length, 'account', 'accounts')} did not answer`;
  return { lamp: 'red', mark: '✗', words: `${when}: ${words}` };
}

const STATES: Record<WakeResult['state'], Said> = {
  waiting: { lamp: 'yellow', words: 'Waiting' },
  sending: { lamp: 'yellow', words: 'Asking…' },
  answered: { lamp: 'green', words: 'Answered' },
  retrying: { lamp: 'yellow', words: 'Failed, will retry' },
  paused: { lamp: 'orange', words: 'Paused' },
  failed: { lamp: 'red', words: 'Failed' },
  expired: { lamp: 'grey', words: 'Too late' },
  replaced: { lamp: 'grey', words: 'Replaced' },
  dismissed: { lamp: 'grey', words: 'Dismissed' },
};

export const resultSaid = (result: WakeResult): Said => STATES[result.state];

/** What an account answered, in its own words: "429: rate limit reached". */
export function answerWords({ status, error }: Pick<WakeResult, 'status' | 'error'>): string {
  const said = error.trim().replace(/\s+/g, ' ');
  const short = said.length > SHOWN_ANSWER_MAX ? `${said.slice(0, SHOWN_ANSWER_MAX)}…` : said;
  return [status === null ? '' : String(status), short].filter(Boolean).join(': ');
}

/** "Asked again in 3 min."; empty where it is not. */
export function retryWords(result: WakeResult, now: number): string {
  return result.nextRetryAt === null ? '' : `Asked again ${ahead(result.nextRetryAt, now)}.`;
}

/** "Work and Home are asked again in 3 min; 5 tries are left." */
export function pendingWords(pending: PendingRetryView, now: number): string {
  const who = listed(pending.accounts);
  const verb = pending.accounts.length === 1 ? 'is' : 'are';
  const left = counted(pending.retriesLeft, 'try is', 'tries are');
  return `${who} ${verb} asked again ${ahead(pending.nextRetryAt, now)}; ${left} left.`;
}

/** Where the clock of the schedule is not the one of the browser: how to read it. Empty where they show the same now. */
export function zoneHint(zone: string, browserZone: string, now: number): string {
  const away = offsetIn(zone, now) - offsetIn(browserZone, now);
  if (zone === browserZone || away === 0) return '';
  if (Number.isNaN(away)) return `This browser is in ${browserZone}.`;
  const by = [
    [Math.floor(Math.abs(away) / 60), 'h'],
    [Math.abs(away) % 60, 'min'],
  ]
    .filter(([count]) => count !== 0)
    .map((part) => part.join(' '))
    .join(' ');
  return `This browser is in ${browserZone}: there it is ${by} ${away > 0 ? 'earlier' : 'later'}.`;
}

/** By how many minutes a zone's clock is ahead of UTC; NaN where the browser does not know the zone. */
function offsetIn(zone: string, at: number): number {
  try {
    const words = new Intl.DateTimeFormat('en-GB', { timeZone: zone, timeZoneName: 'longOffset' });
    const name = words.formatToParts(at).find((one) => one.type === 'timeZoneName')?.value ?? '';
    const [, sign, hours, minutes] = /^GMT([+-])(\d+):(\d+)/.exec(name) ?? [];
    return (sign === '-' ? -1 : 1) * (Number(hours ?? 0) * 60 + Number(minutes ?? 0));
  } catch {
    return Number.NaN;
  }
}

/** The hour that a key leads to, from one of them, where `columns` stand in a row; null for any other key. */
export function hourAfter(key: string, hour: number, columns: number): number | null {
  const places: Record<string, number> = {
    ArrowLeft: hour - 1,
    ArrowRight: hour + 1,
    ArrowUp: hour - columns,
    ArrowDown: hour + columns,
    Home: 0,
    End: HOURS - 1,
  };
  const to = places[key];
  if (to === undefined) return null;
  return to < 0 || to >= HOURS ? hour : to;
}
