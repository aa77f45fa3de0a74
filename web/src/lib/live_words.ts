/** Live entries as a person would say them, each with its lamp and where it leads. Pure. */
import type { LiveEntry, LiveType } from '../live/log';
import { span } from './time';
import { counted, type Lamp, listed, STATUS } from './words';

export type Level = 'info' | 'success' | 'warning' | 'error';

export interface Told {
  level: Level;
  lamp: Lamp;
  /** A sentence; commands and keys stand between backquotes. */
  words: string;
  /** What else is worth knowing, in a few words. */
  more: string;
  /** Where it leads. */
  link: { href: string; name: string } | null;
}

type Of<T extends LiveType> = Extract<LiveEntry['event'], { type: T }>['payload'];

/** What a person can choose to see; what a stream says of itself is none of it. */
export const TYPES = {
  delivery_update: 'Deliveries',
  source_update: 'Sources',
  target_health: 'Targets',
  settings_update: 'Settings and wiring',
  activity_message: 'Messages',
  error_event: 'Errors',
  server_status: 'Posthouse itself',
  session_update: 'Agent sessions',
  agent_update: 'Agents',
  server_update: 'Servers',
  peer_update: 'Other machines',
  wake_update: 'Wake-ups',
} as const satisfies Partial<Record<LiveType, string>>;
export type ShownType = keyof typeof TYPES;

export const LEVELS: Record<Level, string> = {
  error: 'Errors',
  warning: 'Warnings',
  success: 'Good news',
  info: 'All the rest',
};

const LAMPS: Record<Level, Lamp> = {
  error: 'red',
  warning: 'orange',
  success: 'green',
  info: 'grey',
};

export function tellOf({ event }: LiveEntry): Told {
  switch (event.type) {
    case 'server_status':
      return serverStatus(event.payload);
    case 'activity_message':
      return said(event.payload.level, event.payload.message);
    case 'error_event':
      return errorEvent(event.payload);
    case 'delivery_update':
      return deliveryUpdate(event.payload);
    case 'target_health':
      return targetHealth(event.payload);
    case 'source_update':
      return sourceUpdate(event.payload);
    case 'settings_update':
      return settingsUpdate(event.payload);
    case 'session_update':
      return said('info', `The session ${event.payload.sessionId}: ${event.payload.action}.`);
    case 'agent_update':
      return said('info', `The agent ${event.payload.name}: ${event.payload.state}.`, {
        link: { href: `/agents/${encodeURIComponent(event.payload.agentId)}`, name: 'Agent' },
      });
    case 'server_update':
      return said(
        event.payload.state === 'failed' ? 'error' : 'info',
        `The server ${event.payload.server} ${SERVER_STATES[event.payload.state] ?? `is ${event.payload.state}`}.`,
        { more: event.payload.detail, link: serverLink(event.payload) },
      );
    case 'peer_update':
      return said('info', `${event.payload.name}, on the network: ${event.payload.state}.`, {
        link: { href: '/peers', name: 'Peers' },
      });
    case 'wake_update':
      return wakeUpdate(event.payload);
    case 'pong':
      return said('info', 'The link is alive.');
    case 'reload':
      return said('warning', 'Some entries before this one are missing here.', {
        link: OVERVIEW,
      });
    case 'cut':
      return said('warning', event.payload.message);
  }
}

/** The figures of a lane that are not zero: "3 delivered, 1 waiting". */
export function figures(counts: Of<'delivery_update'>['counts']): string {
  const waiting = counts.pending + counts.inFlight;
  const parts = [
    [counts.delivered, 'delivered'],
    [waiting, 'waiting'],
    [counts.failed, 'to be tried again'],
    [counts.targetPaused, 'paused'],
    [counts.dlq, 'given up'],
  ] as const;
  return listed(
    parts
      .filter(([count]) => count > 0)
      .map(([count, words]) => `${count.toLocaleString('en-GB')} ${words}`),
  );
}

const OVERVIEW = { href: '/', name: 'Overview' };
const SETTINGS = { href: '/settings', name: 'Settings' };

interface Beside {
  lamp?: Lamp;
  more?: string;
  link?: Told['link'];
}

function said(level: Level, words: string, { lamp, more = '', link = null }: Beside = {}): Told {
  return { level, lamp: lamp ?? LAMPS[level], words, more, link };
}

/** What it does; another state is what it is. */
const SERVER_STATES: Record<string, string> = {
  failed: 'has failed',
  unhealthy: 'is not healthy',
  removed: 'was removed',
};

const serverLink = ({ server, state }: Of<'server_update'>): Told['link'] =>
  state === 'removed' ? null : { href: `/servers/${encodeURIComponent(server)}`, name: 'Server' };

const ERRORS: Record<string, Told['link']> = {
  'server.error': { href: '/servers', name: 'Servers' },
  'delivery.gave-up': { href: '/activity?status=dlq', name: 'Deliveries' },
};

function errorEvent({ errorType, message, details }: Of<'error_event'>): Told {
  // A code is for programs; words have spaces.
  const more = details?.includes(' ') ? details : '';
  return said('error', message, { more, link: ERRORS[errorType] ?? null });
}

function wakeUpdate({ account, state, detail }: Of<'wake_update'>): Told {
  const link = { href: '/wake', name: 'Wake schedule' };
  switch (state) {
    case 'run':
      return said('info', `Accounts are woken: ${sentence(detail)}`, { link });
    case 'marked':
    case 'cleared':
      return said('info', `${detail} is ${state} in the wake schedule.`, { link });
    case 'skipped':
    case 'rewound':
      return said('warning', `In the wake schedule: ${sentence(detail)}`, { link });
    default:
      return said('info', `Waking ${account}: ${state}.`, { more: detail, link });
  }
}

function serverStatus({ status, message, isClean }: Of<'server_status'>): Told {
  if (status === 'started') return said('success', message);
  if (status === 'stopping') return said('info', message);
  return said(isClean === false ? 'error' : 'info', message);
}

function deliveryUpdate(payload: Of<'delivery_update'>): Told {
  const lane = laneName(payload.target, payload.endpoint) || 'a target';
  const more = figures(payload.counts);
  const newest = payload.newest[0];
  if (newest === undefined)
    return said('info', `Nothing is kept of what went to ${lane}.`, { more });
  const link = { href: `/activity/${encodeURIComponent(newest.id)}`, name: 'Delivery' };
  const what = `\`${newest.eventType}\``;
  switch (newest.status) {
    case 'delivered':
      return said('success', `${what} was delivered to ${lane}.`, { more, link });
    case 'pending':
    case 'in_flight':
    case 'failed':
      if (payload.counts.targetPaused > 0)
        return said('warning', `${what} waits, since ${lane} is paused.`, { more, link });
      if (newest.status === 'failed')
        return said('warning', `${what} could not be delivered to ${lane} and is tried again.`, {
          more,
          link,
          lamp: 'yellow',
        });
      return said('info', `${what} is on its way to ${lane}.`, { more, link, lamp: 'yellow' });
    case 'dlq':
      return said('error', `${what} could not be delivered to ${lane} and was given up.`, {
        more,
        link,
      });
    default: {
      const state = STATUS[newest.status as keyof typeof STATUS]?.words ?? newest.status;
      return said('info', `${what} to ${lane}: ${state.toLowerCase()}.`, { more, link });
    }
  }
}

function targetHealth(payload: Of<'target_health'>): Told {
  const name = laneName(payload.target, payload.endpoint);
  const link = activity('target', payload.target);
  switch (payload.state) {
    case 'ok':
      return said('success', `${name} takes deliveries.`, { link });
    case 'resuming':
      return said('info', `${name} is being resumed, a few deliveries at a time.`, {
        link,
        lamp: 'yellow',
      });
    case 'paused': {
      if (payload.cause === 'manual')
        return said('warning', `${name} was paused by hand.`, { link });
      const why = payload.detail || payload.reason;
      return said(
        'warning',
        why === '' ? `${name} is paused.` : `${name} is paused: ${sentence(why)}`,
        {
          link,
        },
      );
    }
  }
}

const RUNS: Record<string, string> = {
  sent: 'was read by the clock, and what it said was sent.',
  nothing_new: 'was read by the clock; there was nothing new.',
  nothing_to_tell: 'was read by the clock; there was nothing to tell.',
  failed: 'could not be read for a scheduled run. It is tried again.',
  by_hand: 'made up for a run that was missed.',
};

const GAPS: Record<string, string> = {
  missed: 'missed: Posthouse was not running, or the machine slept',
  nothing_new: 'not sent, as there was nothing new',
  nothing_to_tell: 'not sent, as there was nothing to tell',
  read_failed: 'not made, as it could not be read',
  source_off: 'not made, as it was switched off',
  edited: 'not made, as the schedule was changed before',
};

/** Runs that were made and found nothing: nobody needs to do anything about them. */
const MADE: ReadonlySet<string> = new Set(['nothing_new', 'nothing_to_tell', 'edited']);

function sourceUpdate(payload: Of<'source_update'>): Told {
  const { source, action, detail, count } = payload;
  switch (action) {
    case 'added':
      return said('info', `The source ${source} was added.`, { link: OVERVIEW });
    case 'changed':
      return said('info', `The source ${source} was changed.`, { link: OVERVIEW });
    case 'enabled':
      return said('success', `${source} was switched on.`, { link: OVERVIEW });
    case 'disabled':
      return said('warning', `${source} was switched off.`, { link: OVERVIEW });
    case 'removed':
      return said('warning', `The source ${source} was removed.`);
    case 'failing':
      return said('warning', `${source} cannot be read${detail ? `: ${sentence(detail)}` : '.'}`, {
        link: OVERVIEW,
      });
    case 'reading':
      return said('success', `${source} can be read again.`, { link: OVERVIEW });
    case 'run': {
      const words = `${source} ${RUNS[detail ?? ''] ?? 'was read by the clock.'}`;
      const level = detail === 'failed' ? 'warning' : detail === 'sent' ? 'success' : 'info';
      return said(level, words, { link: activity('source', source) });
    }
    case 'gap': {
      const runs = `${counted(count ?? 0, 'run', 'runs')} of ${source} ${count === 1 ? 'was' : 'were'}`;
      return said(
        MADE.has(detail ?? '') ? 'info' : 'warning',
        `${runs} ${GAPS[detail ?? ''] ?? 'not made'}.`,
        {
          link: OVERVIEW,
        },
      );
    }
    case 'events': {
      const newest = detail ? `\`${detail}\`` : '';
      const words =
        count === 1
          ? `${source} recorded ${newest || 'an event'}. No binding takes it.`
          : `${source} recorded ${counted(count ?? 0, 'event', 'events')} that no binding takes.`;
      return said('info', words, {
        more: count === 1 || newest === '' ? '' : `The newest is ${newest}`,
        link: OVERVIEW,
      });
    }
  }
}

const DONE: Record<Of<'settings_update'>['action'], string> = {
  set: 'was set',
  reset: 'has its default again',
  added: 'was added',
  changed: 'was changed',
  closing: 'takes nothing new, and goes as soon as nothing waits for it',
  removed: 'was removed',
};

function settingsUpdate(payload: Of<'settings_update'>): Told {
  const { subject, action, name, id, value } = payload;
  switch (subject) {
    case 'setting': {
      const to =
        action === 'set' && value !== null && value !== undefined ? ` to ${valueWords(value)}` : '';
      return said('info', `\`${name}\` ${DONE[action]}${to}.`, { link: SETTINGS });
    }
    case 'target':
      return said('info', `The target ${name} ${DONE[action]}.`, {
        link: action === 'removed' ? null : activity('target', name),
      });
    case 'endpoint':
      return said('info', `The address ${name} ${DONE[action]}.`, { link: OVERVIEW });
    case 'binding':
      return said('info', `The binding ${name ? `of ${name}` : id} ${DONE[action]}.`, {
        link: OVERVIEW,
      });
    case 'expectation':
      if (action === 'removed')
        return said('info', `Nothing is expected of ${name} any more.`, { link: OVERVIEW });
      return said(
        'info',
        `${name} is expected to have something at least every ${seconds(value)}.`,
        {
          link: OVERVIEW,
        },
      );
  }
}

/** "n8n", or "matrix/room" where the endpoint has a name of its own. */
function laneName(target: string | undefined, endpoint: string | null | undefined): string {
  const own = endpoint === 'default' ? '' : (endpoint ?? '');
  return [target ?? '', own].filter(Boolean).join('/');
}

function activity(part: 'source' | 'target', name: string): Told['link'] {
  const query = new URLSearchParams([[part, name]]);
  return { href: `/activity?${query}`, name: 'Deliveries' };
}

function valueWords(value: boolean | number | string): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return typeof value === 'number' ? value.toLocaleString('en-GB') : value;
}

const seconds = (value: unknown): string => span(Number(value) * 1_000);

const sentence = (words: string): string => (/[.!?…]$/.test(words) ? words : `${words}.`);
