import { describe, expect, it } from 'vitest';
import type { LiveEntry } from '../live/log';
import { cameAfter, linesOf, pathOf, TOGETHER_MS, wantedIn, wantedLines } from './live_lines';
import { figures, tellOf } from './live_words';

const NONE = {
  pending: 0,
  inFlight: 0,
  failed: 0,
  targetPaused: 0,
  delivered: 0,
  dlq: 0,
  dismissed: 0,
  expired: 0,
  withheld: 0,
};

function entry(offset: number, type: string, payload: object, timestamp = offset): LiveEntry {
  const cursor = `e:${offset}`;
  return {
    id: cursor,
    cursor,
    timestamp,
    event: { type, payload: { version: 1, timestamp, ...payload } },
  } as LiveEntry;
}

function moved(offset: number, status: string, more: object = {}, counts: object = {}): LiveEntry {
  const newest = [{ id: 'd/1', status, eventType: 'a.b', attempts: 1, updatedAt: 1 }];
  const payload = {
    endpointId: 1,
    targetId: 1,
    target: 'n8n',
    endpoint: 'default',
    newest,
    counts: { ...NONE, ...counts },
    ...more,
  };
  return entry(offset, 'delivery_update', payload);
}

const source = (offset: number, action: string, more: object = {}): LiveEntry =>
  entry(offset, 'source_update', {
    sourceId: 1,
    source: 'ingest',
    action,
    detail: '',
    count: 0,
    bindingId: null,
    ...more,
  });

const setting = (offset: number, more: object = {}): LiveEntry =>
  entry(offset, 'settings_update', {
    subject: 'setting',
    action: 'set',
    name: 'delivery.concurrency',
    id: null,
    value: 4,
    ...more,
  });

describe('words', () => {
  it('of an error have no code in them, and lead to what was given up', () => {
    const gaveUp = { errorType: 'delivery.gave-up', message: 'm', details: 'http_422' };
    expect(tellOf(entry(1, 'error_event', gaveUp))).toMatchObject({
      more: '',
      link: { href: '/activity?status=dlq' },
    });
    const told = { errorType: 'e', message: 'm', details: 'the disk is full' };
    expect(tellOf(entry(1, 'error_event', told)).more).toBe('the disk is full');
  });

  it.each([
    ['delivered', {}, 'success', 'green', '`a.b` was delivered to n8n.'],
    ['pending', {}, 'info', 'yellow', '`a.b` is on its way to n8n.'],
    ['in_flight', {}, 'info', 'yellow', '`a.b` is on its way to n8n.'],
    ['failed', {}, 'warning', 'yellow', '`a.b` could not be delivered to n8n and is tried again.'],
    ['failed', { targetPaused: 3 }, 'warning', 'orange', '`a.b` waits, since n8n is paused.'],
    ['dlq', { dlq: 1 }, 'error', 'red', '`a.b` could not be delivered to n8n and was given up.'],
    ['dismissed', {}, 'info', 'grey', '`a.b` to n8n: dismissed.'],
  ])('of a lane whose newest delivery is %s', (status, counts, level, lamp, words) => {
    expect(tellOf(moved(1, status, {}, counts))).toMatchObject({
      level,
      lamp,
      words,
      link: { href: '/activity/d%2F1' },
    });
  });

  it('name the endpoint where it has a name of its own, and no target where none is known', () => {
    expect(tellOf(moved(1, 'delivered', { endpoint: 'room' })).words).toContain('n8n/room');
    expect(tellOf(moved(1, 'delivered', { target: '', endpoint: '' })).words).toContain('a target');
    expect(tellOf(moved(1, 'x', { newest: [] })).words).toBe(
      'Nothing is kept of what went to n8n.',
    );
  });

  it('count what is not zero', () => {
    const counts = { ...NONE, delivered: 1_203, pending: 1, inFlight: 2, dlq: 1 };
    expect(figures(counts)).toBe('1,203 delivered, 3 waiting and 1 given up');
    expect(figures(NONE)).toBe('');
  });

  it.each([
    ['added', {}, 'The source ingest was added.'],
    ['changed', {}, 'The source ingest was changed.'],
    ['enabled', {}, 'ingest was switched on.'],
    ['disabled', {}, 'ingest was switched off.'],
    ['removed', {}, 'The source ingest was removed.'],
    ['failing', { detail: 'no such file' }, 'ingest cannot be read: no such file.'],
    ['failing', {}, 'ingest cannot be read.'],
    ['reading', {}, 'ingest can be read again.'],
    ['run', { detail: 'sent' }, 'ingest was read by the clock, and what it said was sent.'],
    [
      'gap',
      { detail: 'missed', count: 3 },
      '3 runs of ingest were missed: Posthouse was not running, or the machine slept.',
    ],
    [
      'gap',
      { detail: 'nothing_new', count: 1 },
      '1 run of ingest was not sent, as there was nothing new.',
    ],
    ['events', { detail: 'a.b', count: 1 }, 'ingest recorded `a.b`. No binding takes it.'],
    [
      'events',
      { detail: 'a.b', count: 1_200 },
      'ingest recorded 1,200 events that no binding takes.',
    ],
  ])('of a source: %s', (action, more, words) => {
    expect(tellOf(source(1, action, more)).words).toBe(words);
  });

  it.each([
    [{}, '`delivery.concurrency` was set to 4.'],
    [
      { subject: 'binding', action: 'added', name: 'ingest to n8n', id: 3, value: null },
      'The binding of ingest to n8n was added.',
    ],
    [{ action: 'reset', value: null }, '`delivery.concurrency` has its default again.'],
    [{ subject: 'target', action: 'added', name: 'n8n', value: null }, 'The target n8n was added.'],
    [
      { subject: 'binding', action: 'removed', name: '', id: 3, value: null },
      'The binding 3 was removed.',
    ],
    [
      { subject: 'endpoint', action: 'changed', name: 'n8n/room' },
      'The address n8n/room was changed.',
    ],
    [
      { subject: 'expectation', name: 'ingest', value: 3_600 },
      'ingest is expected to have something at least every 60 min.',
    ],
    [
      { subject: 'expectation', action: 'removed', name: 'ingest' },
      'Nothing is expected of ingest any more.',
    ],
  ])('of what was configured: %o', (more, words) => {
    expect(tellOf(setting(1, more)).words.replace('1 h', '60 min')).toBe(words);
  });

  it.each([
    ['server_status', { status: 'stopped', message: 'm', isClean: false }, 'error'],
    ['server_status', { status: 'stopped', message: 'm', isClean: true }, 'info'],
    ['server_status', { status: 'stopping', message: 'm' }, 'info'],
    ['server_status', { status: 'started', message: 'm' }, 'success'],
    ['activity_message', { level: 'warning', message: 'm' }, 'warning'],
    ['error_event', { errorType: 'e', message: 'm', details: null }, 'error'],
    ['session_update', { sessionId: 's', action: 'a' }, 'info'],
    ['agent_update', { agentId: '1', name: 'n', state: 's' }, 'info'],
    ['server_update', { server: 'n', state: 'failed', detail: 'd' }, 'error'],
    ['peer_update', { peerId: '1', name: 'n', state: 's' }, 'info'],
    ['wake_update', { account: 'a', state: 's', detail: '' }, 'info'],
    ['wake_update', { account: '', state: 'run', detail: 'manual wake' }, 'info'],
    ['wake_update', { account: '', state: 'marked', detail: '09:00 Europe/Berlin' }, 'info'],
    ['wake_update', { account: '', state: 'skipped', detail: '1 slot was missed' }, 'warning'],
    ['pong', { id: '1' }, 'info'],
    ['reload', { reason: 'trimmed' }, 'warning'],
    ['cut', { reason: 'slow', message: 'm' }, 'warning'],
    [
      'target_health',
      { target: 'n8n', endpoint: null, state: 'ok', cause: null, reason: '', detail: '' },
      'success',
    ],
    [
      'target_health',
      { target: 'n8n', endpoint: null, state: 'paused', cause: 'manual', reason: '', detail: '' },
      'warning',
    ],
    [
      'target_health',
      { target: 'n8n', endpoint: null, state: 'paused', cause: 'gone', reason: 'r', detail: '' },
      'warning',
    ],
    [
      'target_health',
      { target: 'n8n', endpoint: null, state: 'resuming', cause: null, reason: '', detail: '' },
      'info',
    ],
  ])('of %s %o are a sentence with its level', (type, payload, level) => {
    const told = tellOf(entry(1, type, payload));
    expect(told.level).toBe(level);
    expect(told.words).not.toMatch(/undefined|null/);
    expect(told.words.length).toBeGreaterThan(0);
  });
});

it.each([
  ['failed', 'The server docs has failed.'],
  ['unhealthy', 'The server docs is not healthy.'],
  ['running', 'The server docs is running.'],
  ['removed', 'The server docs was removed.'],
])('of a server that is %s are a sentence', (state, words) => {
  expect(tellOf(entry(1, 'server_update', { server: 'docs', state, detail: '' })).words).toBe(
    words,
  );
});

it('of a server and a peer lead to their pages, but for one that is removed', () => {
  const link = (type: string, payload: object) => tellOf(entry(1, type, payload)).link?.href;
  expect(link('server_update', { server: 'a b', state: 'running', detail: '' })).toBe(
    '/servers/a%20b',
  );
  expect(link('server_update', { server: 'a', state: 'removed', detail: '' })).toBeUndefined();
  expect(link('peer_update', { peerId: '1', name: 'n', state: 'left' })).toBe('/peers');
  expect(link('error_event', { errorType: 'server.error', message: 'm', details: null })).toBe(
    '/servers',
  );
});

describe('lines', () => {
  it('of one lane are one, with the latest figures and the key of the first', () => {
    const lines = linesOf([moved(3, 'delivered'), moved(2, 'in_flight'), moved(1, 'pending')]);
    expect(lines.map(({ key }) => key)).toEqual(['e:1']);
    expect(lines[0]?.entry.cursor).toBe('e:3');
  });

  it('of two lanes in turn are two, and stay in their order', () => {
    const came = [4, 3, 2, 1].map((offset) => moved(offset, 'pending', { endpointId: offset % 2 }));
    expect(linesOf(came).map(({ key, entry }) => [key, entry.cursor])).toEqual([
      ['e:2', 'e:4'],
      ['e:1', 'e:3'],
    ]);
  });

  it('end where something else happens, or a minute without figures', () => {
    expect(linesOf([moved(3, 'delivered'), setting(2), moved(1, 'pending')])).toHaveLength(3);
    const late = { ...moved(2, 'delivered'), timestamp: 2 + TOGETHER_MS };
    expect(linesOf([late, moved(1, 'pending')])).toHaveLength(2);
  });

  it('that say the same in two ways are one, which leads somewhere', () => {
    const health = { target: 'n8n', targetId: 1, endpoint: null, endpointId: null, since: 1 };
    const why = { state: 'paused', cause: 'auth', reason: 'auth', detail: 'sign in again' };
    const changed = entry(1, 'target_health', { ...health, ...why });
    const told = entry(2, 'activity_message', {
      level: 'warning',
      message: 'n8n is paused: sign in again.',
    });
    expect(linesOf([told, changed])).toEqual([{ key: 'e:1', entry: changed }]);
    expect(linesOf([setting(2), setting(1)])).toHaveLength(2);
  });

  it('add up the events of a source', () => {
    const [line] = linesOf([source(2, 'events', { count: 7 }), source(1, 'events', { count: 5 })]);
    expect(line?.entry.event.payload).toMatchObject({ count: 12 });
  });

  it('are those that are wanted', () => {
    const lines = linesOf([setting(3), source(2, 'disabled'), source(1, 'added')]);
    const keys = (query: string): string[] =>
      wantedLines(lines, wantedIn(new URLSearchParams(query))).map(({ key }) => key);
    expect(keys('type=source_update')).toEqual(['e:2', 'e:1']);
    expect(keys('type=source_update&level=warning')).toEqual(['e:2']);
    expect(keys('type=toString&level=constructor')).toEqual(['e:3', 'e:2', 'e:1']);
  });

  it('are found in an address as they were put there', () => {
    const wanted = { type: 'source_update', level: 'warning' } as const;
    expect(wantedIn(new URL(`http://h${pathOf(wanted)}`).searchParams)).toEqual(wanted);
    expect(pathOf({ type: null, level: null })).toBe('/live');
  });

  it('that came while it was paused are those before the one that was on top', () => {
    const came = [setting(3), setting(2), setting(1)];
    expect(cameAfter(came, came[2])).toHaveLength(2);
    expect(cameAfter(came, setting(9))).toHaveLength(3);
    expect(cameAfter(came, undefined)).toHaveLength(3);
  });
});
