/** Instants and durations in words. Every instant is Unix milliseconds. */
const LANGUAGE = 'en-GB';
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const clockTime = new Intl.DateTimeFormat(LANGUAGE, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});
const shortTime = new Intl.DateTimeFormat(LANGUAGE, { hour: '2-digit', minute: '2-digit' });
const dayOnly = new Intl.DateTimeFormat(LANGUAGE, {
  weekday: 'long',
  day: 'numeric',
  month: 'long',
});
const dayAndYear = new Intl.DateTimeFormat(LANGUAGE, {
  weekday: 'long',
  day: 'numeric',
  month: 'long',
  year: 'numeric',
});
const exact = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: 'full', timeStyle: 'long' });

export const timeOf = (at: number): string => clockTime.format(at);
export const hourAndMinute = (at: number): string => shortTime.format(at);
export const exactly = (at: number): string => exact.format(at);

/** "just now", "3 min ago", "2 h ago", "5 days ago". */
export function ago(at: number, now: number): string {
  const passed = now - at;
  if (passed < 10 * SECOND) return 'just now';
  return `${span(passed)} ago`;
}

/** "in 40 s", or "now" for what is due. */
export function ahead(at: number, now: number): string {
  return at - now < SECOND ? 'now' : `in ${span(at - now)}`;
}

/** "40 s", "3 min", "2 h", "5 days". */
export function span(ms: number): string {
  if (ms < MINUTE) return `${Math.max(Math.round(ms / SECOND), 1)} s`;
  if (ms < HOUR) return `${Math.round(ms / MINUTE)} min`;
  if (ms < 2 * DAY) return `${Math.round(ms / HOUR)} h`;
  return `${Math.round(ms / DAY)} days`;
}

/** How long since then; what seems to lie ahead, by another machine's clock, has just begun. */
export const sinceWords = (at: number, now: number): string => `for ${span(Math.max(now - at, 0))}`;

/** How long something took: "84 ms", "2.4 s", "3 min". */
export function took(ms: number): string {
  if (ms < SECOND) return `${ms} ms`;
  return ms < MINUTE ? `${(ms / SECOND).toFixed(1)} s` : span(ms);
}

/** "today at 14:05", "yesterday at 09:00", "on Sunday 1 March at 09:00". */
export function moment(at: number, now: number): string {
  const day = dayName(at, now);
  const words = day === 'Today' || day === 'Yesterday' ? day.toLowerCase() : `on ${day}`;
  return `${words} at ${shortTime.format(at)}`;
}

/** "Today", "Yesterday", "Sunday 1 March". */
export function dayName(at: number, now: number): string {
  const days = Math.round((midnight(now) - midnight(at)) / DAY);
  if (days === 0) return 'Today';
  if (days === 1) return 'Yesterday';
  const isThisYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return (isThisYear ? dayOnly : dayAndYear).format(at);
}

/** The days from one instant to another, seen from a zone: "22 Nov", "20 to 22 Nov", "30 Nov to 2 Dec". */
export function days(first: number, last: number, zone: string): string {
  const words = dayAndMonth(zone);
  const [from, to] = [words.format(first), words.format(last)];
  if (from === to) return to;
  const [fromDay, fromMonth] = from.split(' ');
  return fromMonth === to.split(' ')[1] ? `${fromDay} to ${to}` : `${from} to ${to}`;
}

function dayAndMonth(zone: string): Intl.DateTimeFormat {
  const options = { day: 'numeric', month: 'short' } as const;
  try {
    return new Intl.DateTimeFormat(LANGUAGE, { ...options, timeZone: zone });
  } catch {
    // A zone that the daemon knows and this browser does not.
    return new Intl.DateTimeFormat(LANGUAGE, options);
  }
}

export interface Hour<T> {
  label: string;
  items: T[];
}
export interface Day<T> {
  label: string;
  hours: Hour<T>[];
}

/** Newest first, under its day and hour in this browser's time zone. */
export function byDayAndHour<T extends { createdAt: number }>(
  items: readonly T[],
  now: number,
): Day<T>[] {
  const days: Day<T>[] = [];
  for (const item of items) {
    const dayLabel = dayName(item.createdAt, now);
    const hour = new Date(item.createdAt).getHours();
    const hourLabel = `${String(hour).padStart(2, '0')}:00`;
    let day = days.at(-1);
    if (day?.label !== dayLabel) {
      day = { label: dayLabel, hours: [] };
      days.push(day);
    }
    let within = day.hours.at(-1);
    if (within?.label !== hourLabel) {
      within = { label: hourLabel, items: [] };
      day.hours.push(within);
    }
    within.items.push(item);
  }
  return days;
}

function midnight(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}
