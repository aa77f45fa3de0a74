/** Notifications as a person sets them and reads of them: a flat form, what of it is new, and fates in words. Pure. */
import type {
  Fate,
  NoticeTypeView,
  NotificationConfig,
  NotificationPatch,
  NotificationsView,
  ReceiverView,
} from '../api/schema';
import { listed, type Said } from './words';

const MINUTE_S = 60;
const USUAL_FROM = '22:00';
const USUAL_UNTIL = '07:00';
const LOCAL = 'local';

export type NoticeName = NoticeTypeView['name'];

export const NOTICES: readonly NoticeName[] = [
  'turn-completed',
  'turn-error',
  'permission-required',
  'agent-spawned',
];

/** Fields by the names that the API has for them, so that what it refuses can be shown where it was entered. */
export interface Form {
  enabled: boolean;
  topic: string;
  server: string;
  /** What is typed replaces what is stored; empty keeps it. */
  authToken: string;
  'events.turn-completed': boolean;
  'events.turn-error': boolean;
  'events.permission-required': boolean;
  'events.agent-spawned': boolean;
  notifySubagents: boolean;
  /** Whether there are quiet hours. To the API, those without a beginning are none. */
  quietHours: boolean;
  'quietHours.from': string;
  'quietHours.until': string;
  /** Empty: that of the machine. */
  'quietHours.zone': string;
  /** 1 to 5, or empty: nothing passes. */
  'quietHours.priority': string;
  'quietHours.action': string;
  /** Minutes, as typed. */
  digestS: string;
  awayS: string;
}
export type FieldName = keyof Form;
export type Wrong = Partial<Record<FieldName, string>>;

export function formOf(config: NotificationConfig): Form {
  const { events, quietHours: quiet } = config;
  return {
    enabled: config.enabled,
    topic: config.topic,
    server: config.server,
    authToken: '',
    'events.turn-completed': events['turn-completed'],
    'events.turn-error': events['turn-error'],
    'events.permission-required': events['permission-required'],
    'events.agent-spawned': events['agent-spawned'],
    notifySubagents: config.notifySubagents,
    quietHours: quiet.from !== null,
    'quietHours.from': quiet.from ?? USUAL_FROM,
    'quietHours.until': quiet.until || USUAL_UNTIL,
    'quietHours.zone': quiet.zone === LOCAL ? '' : quiet.zone,
    'quietHours.priority': quiet.priority === null ? '' : String(quiet.priority),
    'quietHours.action': quiet.action,
    digestS: String(config.digestS / MINUTE_S),
    awayS: String(config.awayS / MINUTE_S),
  };
}

/** The fields that stand otherwise than what is stored. */
export function changedIn(form: Form, config: NotificationConfig): FieldName[] {
  const stored = formOf(config);
  return (Object.keys(stored) as FieldName[]).filter((name) => said(form, name) !== stored[name]);
}

function said(form: Form, name: FieldName): string | boolean {
  const value = form[name];
  return typeof value === 'string' ? value.trim() : value;
}

/** What can be seen to be wrong without asking; all else is the daemon's to say. */
export function wrongIn(form: Form): Wrong {
  const wrong: Wrong = {};
  for (const name of ['digestS', 'awayS'] as const)
    if (secondsIn(form[name]) === null) wrong[name] = 'A number of minutes is needed; 0 is off.';
  if (form.quietHours)
    for (const name of ['quietHours.from', 'quietHours.until'] as const)
      if (form[name] === '') wrong[name] = 'A time is needed.';
  return wrong;
}

/** "1.5" minutes are 90 seconds; null for what is no such number. */
export function secondsIn(minutes: string): number | null {
  const text = minutes.trim().replace(',', '.');
  const seconds = text === '' ? Number.NaN : Number(text) * MINUTE_S;
  return Number.isFinite(seconds) && seconds >= 0 ? Math.round(seconds * 1_000) / 1_000 : null;
}

/** What is to be stored: the changed parts alone, of a form in which nothing is wrong. */
export function patchOf(form: Form, config: NotificationConfig): NotificationPatch {
  const changed = new Set(changedIn(form, config));
  const patch: NotificationPatch = {};
  for (const name of ['enabled', 'notifySubagents'] as const)
    if (changed.has(name)) patch[name] = form[name];
  for (const name of ['topic', 'server', 'authToken'] as const)
    if (changed.has(name)) patch[name] = form[name].trim();
  for (const name of ['digestS', 'awayS'] as const)
    if (changed.has(name)) patch[name] = secondsIn(form[name]) ?? config[name];
  const events = NOTICES.filter((name) => changed.has(`events.${name}`));
  if (events.length > 0)
    patch.events = Object.fromEntries(events.map((name) => [name, form[`events.${name}`]]));
  // Without quiet hours their other fields are not shown, and stay as they are.
  if (!form.quietHours) {
    if (changed.has('quietHours')) patch.quietHours = { from: null };
  } else if ([...changed].some((name) => name.startsWith('quietHours'))) {
    patch.quietHours = {
      from: form['quietHours.from'],
      until: form['quietHours.until'],
      zone: form['quietHours.zone'].trim() || LOCAL,
      priority: form['quietHours.priority'] === '' ? null : Number(form['quietHours.priority']),
      action: form['quietHours.action'] === 'withhold' ? 'withhold' : 'digest',
    };
  }
  return patch;
}

/** The field that a refusal is about, where it is one that is shown. */
export function fieldOf(problem: string | undefined, form: Form): FieldName | undefined {
  return problem !== undefined && Object.hasOwn(form, problem) ? (problem as FieldName) : undefined;
}

export const FATES: Record<Fate, Said> = {
  waiting: { lamp: 'yellow', words: 'Waiting' },
  sending: { lamp: 'yellow', words: 'Sending…' },
  sent: { lamp: 'green', words: 'Sent' },
  withheld: { lamp: 'grey', words: 'Withheld' },
  merged: { lamp: 'grey', words: 'Merged' },
  expired: { lamp: 'grey', words: 'Expired' },
  failed: { lamp: 'red', words: 'Failed' },
  dismissed: { lamp: 'grey', words: 'Dismissed' },
};

/** "Turn completed": what the daemon calls such an event; else its type. */
export function noticeTitle(type: string, view: NotificationsView | undefined): string {
  return view?.eventTypes.find((one) => one.type === type)?.title ?? type;
}

/** What a receiver takes: "everything", "only agent.turn-error", "only where …". */
export function takesWords({ filter }: Pick<ReceiverView, 'filter'>): string {
  const parts = [
    filter.types.length > 0 ? `only ${listed(filter.types.map(String))}` : '',
    filter.severityMin ? `from the severity ${filter.severityMin} on` : '',
    filter.where ? `only where ${filter.where}` : '',
  ].filter(Boolean);
  return parts.length === 0 ? 'everything that is told' : parts.join(', ');
}
