/**
 * What a list of deliveries or events is narrowed to: as the page's address keeps it, and as the API takes it. A period that
 * ends now ("the last hour") stays so in the address, and becomes an instant only when it is asked for.
 */
import type { DeliveryFilter, ReportedStatus } from '../api/schema';
import { STATUSES } from './words';

export const PERIODS = { hour: 3_600_000, day: 86_400_000, week: 604_800_000 } as const;
export type Period = keyof typeof PERIODS;
export const PERIOD_WORDS: Record<Period, string> = {
  hour: 'The last hour',
  day: 'The last 24 hours',
  week: 'The last 7 days',
};

const PARTS = [
  'q',
  'status',
  'source',
  'target',
  'endpoint',
  'type',
  'code',
  'period',
  'since',
  'until',
] as const;
export type Part = (typeof PARTS)[number];

/** The parts that are given, as the address has them. Several statuses stand in one text, with commas between. */
export type Filter = Partial<Record<Part, string>>;

/** The filter in an address; what makes no sense there is left out. */
export function filterIn(query: URLSearchParams): Filter {
  const filter: Filter = {};
  for (const part of PARTS) {
    const value = sound(part, query.get(part)?.trim() ?? '');
    if (value !== '') filter[part] = value;
  }
  return filter;
}

function sound(part: Part, value: string): string {
  switch (part) {
    case 'status':
      return statusesIn(value).join(',');
    case 'period':
      return value in PERIODS ? value : '';
    case 'endpoint':
    case 'since':
    case 'until':
      return /^\d{1,15}$/.test(value) ? value : '';
    default:
      return value.slice(0, 200);
  }
}

export function statusesIn(text: string | undefined): ReportedStatus[] {
  const named = new Set((text ?? '').split(','));
  return STATUSES.filter((status) => named.has(status));
}

/** The filter with parts changed, in one order whatever was chosen first; an empty text takes a part away. */
export function changed(filter: Filter, change: Filter): Filter {
  const merged = { ...filter, ...change };
  const given = PARTS.filter((part) => merged[part] !== undefined && merged[part] !== '');
  return Object.fromEntries(given.map((part) => [part, merged[part]]));
}

/** Since when, and until when, in Unix milliseconds. */
export function spanOf(filter: Filter, now: number): { since?: number; until?: number } {
  if (filter.period !== undefined) return { since: now - PERIODS[filter.period as Period] };
  return {
    ...(filter.since === undefined ? {} : { since: Number(filter.since) }),
    ...(filter.until === undefined ? {} : { until: Number(filter.until) }),
  };
}

/** As the parameters of a list or a count of deliveries. */
export function queryOf(filter: Filter, now: number) {
  const { status, source, target, type, code, q, endpoint } = filter;
  return {
    ...(status === undefined ? {} : { status }),
    ...(source === undefined ? {} : { source }),
    ...(target === undefined ? {} : { target }),
    ...(type === undefined ? {} : { type }),
    ...(code === undefined ? {} : { code }),
    ...(q === undefined ? {} : { q }),
    ...(endpoint === undefined ? {} : { endpoint: Number(endpoint) }),
    ...spanOf(filter, now),
  };
}

/** As the filter of a replay or dismissal. */
export function bodyOf(filter: Filter, now: number): DeliveryFilter {
  const { status, ...rest } = queryOf(filter, now);
  return status === undefined ? rest : { ...rest, status: statusesIn(status) };
}

/** "that gave up", where one state says it all; else nothing. */
export function statusWords(filter: Filter): string {
  const [only, another] = statusesIn(filter.status);
  if (only === undefined || another !== undefined) return '';
  return THAT[only];
}

const THAT: Record<ReportedStatus, string> = {
  pending: 'that wait to be sent',
  in_flight: 'that are being sent',
  failed: 'that failed and are tried again',
  target_paused: 'whose target is paused',
  dlq: 'that gave up',
  delivered: 'that were delivered',
  dismissed: 'that were dismissed',
  expired: 'that expired',
  withheld: 'that were withheld',
};
