import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { Fate, NoticeTypeView, NotificationConfig, NotificationsView } from '../api/schema';
import {
  changedIn,
  FATES,
  fieldOf,
  formOf,
  NOTICES,
  noticeTitle,
  patchOf,
  secondsIn,
  takesWords,
  wrongIn,
} from './notifications';

const CONFIG: NotificationConfig = {
  enabled: true,
  server: 'https://ntfy.sh',
  topic: 'mine',
  authToken: '',
  hasAuthToken: true,
  events: {
    'turn-completed': true,
    'turn-error': true,
    'permission-required': true,
    'agent-spawned': false,
  },
  notifySubagents: false,
  dedupeS: 5,
  promptLifetimeS: 3_600,
  turnLifetimeS: 43_200,
  quietHours: { from: null, until: '07:00', zone: 'local', priority: null, action: 'digest' },
  digestS: 0,
  awayS: 0,
};
const VIEW: Pick<NotificationsView, 'eventTypes'> = {
  eventTypes: [
    { name: 'turn-completed', title: 'Turn completed', priority: 3 },
    { name: 'turn-error', title: 'Turn failed', priority: 4 },
    { name: 'permission-required', title: 'Permission required', priority: 4 },
    { name: 'agent-spawned', title: 'New agent', priority: 2 },
  ].map((one) => ({
    ...one,
    name: one.name as (typeof NOTICES)[number],
    type: `agent.${one.name.replace('agent-', '')}` as NoticeTypeView['type'],
    description: '',
    default: true,
    tag: '',
  })),
};

const time = fc
  .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
  .map((pair) => pair.map((part) => String(part).padStart(2, '0')).join(':'));
const config: fc.Arbitrary<NotificationConfig> = fc.record({
  enabled: fc.boolean(),
  server: fc.constantFrom('https://ntfy.sh', 'http://127.0.0.1:8080/ntfy'),
  topic: fc.constantFrom('', 'mine', 'yours'),
  authToken: fc.constant('' as const),
  hasAuthToken: fc.boolean(),
  events: fc.record(
    Object.fromEntries(NOTICES.map((name) => [name, fc.boolean()])) as Record<
      (typeof NOTICES)[number],
      fc.Arbitrary<boolean>
    >,
  ),
  notifySubagents: fc.boolean(),
  dedupeS: fc.constant(5),
  promptLifetimeS: fc.constant(3_600),
  turnLifetimeS: fc.constant(43_200),
  quietHours: fc.record({
    from: fc.option(time, { nil: null }),
    until: time,
    zone: fc.constantFrom('local', 'Europe/Berlin'),
    priority: fc.option(fc.integer({ min: 1, max: 5 }), { nil: null }),
    action: fc.constantFrom('digest' as const, 'withhold' as const),
  }),
  digestS: fc.integer({ min: 0, max: 86_400 }),
  awayS: fc.integer({ min: 0, max: 86_400 }),
});

describe('the form', () => {
  it('changes nothing as long as nothing is typed', () => {
    fc.assert(
      fc.property(config, (stored) => {
        expect(wrongIn(formOf(stored))).toEqual({});
        expect(changedIn(formOf(stored), stored)).toEqual([]);
        expect(patchOf(formOf(stored), stored)).toEqual({});
      }),
    );
  });

  it('leads from whatever is stored to whatever is wanted, and says no more than what differs', () => {
    fc.assert(
      fc.property(config, config, (stored, wanted) => {
        const patch = patchOf(formOf(wanted), stored);
        const after: NotificationConfig = {
          ...stored,
          ...patch,
          authToken: '',
          events: { ...stored.events, ...patch.events },
          quietHours: { ...stored.quietHours, ...patch.quietHours },
        };
        const { quietHours, ...rest } = after;
        const { quietHours: hours, ...others } = { ...wanted, hasAuthToken: stored.hasAuthToken };
        expect(rest).toEqual(others);
        expect(quietHours.from).toBe(hours.from);
        if (hours.from !== null) expect(quietHours).toEqual(hours);
        if (JSON.stringify(stored.events) === JSON.stringify(wanted.events))
          expect(patch).not.toHaveProperty('events');
      }),
    );
  });

  it('keeps the token that is stored, unless another is typed', () => {
    const form = formOf(CONFIG);
    expect(patchOf({ ...form, authToken: '  ' }, CONFIG)).toEqual({});
    expect(patchOf({ ...form, authToken: ' tk_1 ' }, CONFIG)).toEqual({ authToken: 'tk_1' });
  });

  it('takes minutes as people write them, and tells what is none', () => {
    expect(['5', '1,5', '0', ' 0.05 '].map(secondsIn)).toEqual([300, 90, 0, 3]);
    expect(['', 'x', '-1', 'Infinity'].map(secondsIn)).toEqual([null, null, null, null]);
    const form = { ...formOf(CONFIG), digestS: 'soon', quietHours: true, 'quietHours.from': '' };
    expect(Object.keys(wrongIn(form))).toEqual(['digestS', 'quietHours.from']);
    expect(Object.keys(wrongIn({ ...form, quietHours: false }))).toEqual(['digestS']);
  });

  it('knows which field a refusal is about', () => {
    const form = formOf(CONFIG);
    expect(fieldOf('quietHours.zone', form)).toBe('quietHours.zone');
    expect(fieldOf('dedupeS', form)).toBeUndefined();
    expect(fieldOf(undefined, form)).toBeUndefined();
  });
});

test('every fate has a word, and a lamp that says whether someone must look', () => {
  const lamps: Record<Fate, string> = {
    waiting: 'yellow',
    sending: 'yellow',
    sent: 'green',
    withheld: 'grey',
    merged: 'grey',
    expired: 'grey',
    failed: 'red',
    dismissed: 'grey',
  };
  expect(Object.fromEntries(Object.entries(FATES).map(([fate, one]) => [fate, one.lamp]))).toEqual(
    lamps,
  );
  expect(new Set(Object.values(FATES).map((one) => one.words)).size).toBe(8);
});

test('an event is called what the daemon calls it', () => {
  const view = VIEW as NotificationsView;
  expect(noticeTitle('agent.turn-error', view)).toBe('Turn failed');
  expect(noticeTitle('agent.permission-resolved', view)).toBe('agent.permission-resolved');
  expect(noticeTitle('agent.turn-error', undefined)).toBe('agent.turn-error');
});

test('a receiver says what it takes', () => {
  const filter = { types: [], origins: [] };
  expect(takesWords({ filter })).toBe('everything that is told');
  const some = { ...filter, types: ['agent.turn-error'], where: "data.agent.project == 'shop'" };
  expect(takesWords({ filter: some })).toBe(
    "only agent.turn-error, only where data.agent.project == 'shop'",
  );
});
