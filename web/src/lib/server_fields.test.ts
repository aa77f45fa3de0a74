import { describe, expect, it, test } from 'vitest';
import type { DefinitionView } from '../api/schema';
import { entriesOf } from './fields';
import {
  fieldsOf,
  inputOf,
  keyOfRefusal,
  OPENCODE,
  opensTunnel,
  patchOf,
  settingsIn,
  wrongIn,
} from './server_fields';

const DEFINITION: DefinitionView = {
  preset: '',
  argv: ['python3', '-m', 'http.server', '8000'],
  command: ['python3', '-m', 'http.server', '8000'],
  folder: '',
  env: { LANG: 'C', EQUALS: 'a=b' },
  secretEnv: ['TOKEN', 'OLD'],
  host: '127.0.0.1',
  port: 8_000,
  health: { kind: 'http', path: '/', contains: '', intervalS: 10, timeoutS: 5 },
  restart: 'always',
  autostart: true,
  keepRunning: false,
  stopSignal: 'SIGTERM',
  stopGraceS: 10,
  tunnel: [],
};
const FIELDS = fieldsOf('', false);
const PRESENT = settingsIn(DEFINITION);

describe('a new server', () => {
  it('of any command is sent with its numbers as numbers and its variables by name', () => {
    const fields = fieldsOf('', true);
    const entries = {
      ...entriesOf(fields, undefined),
      name: 'docs',
      argv: 'python3\n-m\n\n http.server ',
      port: '8000',
      env: 'LANG=C\nEQUALS=a=b',
      secretEnv: [{ name: 'TOKEN', value: 's3cret' }],
      'health.kind': 'http',
    };
    expect(wrongIn(fields, entries, undefined)).toEqual({});
    expect(inputOf(fields, entries)).toEqual({
      name: 'docs',
      argv: ['python3', '-m', 'http.server'],
      port: 8_000,
      health: { kind: 'http', path: '/', intervalS: 10, timeoutS: 5 },
      restart: 'always',
      autostart: true,
      keepRunning: false,
      host: '127.0.0.1',
      env: { LANG: 'C', EQUALS: 'a=b' },
      secretEnv: { TOKEN: 's3cret' },
      stopSignal: 'SIGTERM',
      stopGraceS: 10,
    });
  });

  it('of OpenCode needs a name alone', () => {
    const fields = fieldsOf(OPENCODE, true);
    const entries = { ...entriesOf(fields, undefined), preset: OPENCODE };
    expect(Object.keys(wrongIn(fields, entries, undefined))).toEqual(['name']);
    const body = inputOf(fields, { ...entries, name: 'oc' });
    expect(body).toMatchObject({ name: 'oc', preset: OPENCODE });
    expect(body).not.toHaveProperty('argv');
    expect(body).not.toHaveProperty('health');
    expect(body).not.toHaveProperty('port');
  });

  it('is not sent with what is no number, or no variable', () => {
    const fields = fieldsOf('', true);
    const entries = {
      ...entriesOf(fields, undefined),
      name: 'a',
      argv: 'b',
      port: 'http',
      env: 'LANG',
    };
    expect(wrongIn(fields, entries, undefined)).toEqual({
      port: 'Give a number.',
      env: 'Each line is NAME=value.',
    });
  });
});

describe('a server that is edited', () => {
  it('sends nothing where nothing was changed', () => {
    expect(patchOf(FIELDS, entriesOf(FIELDS, PRESENT), PRESENT)).toEqual({});
  });

  it('sends what was changed, emptied and taken away', () => {
    const entries = {
      ...entriesOf(FIELDS, PRESENT),
      port: '',
      env: '',
      'health.intervalS': '2.5',
      'health.kind': 'none',
      keepRunning: true,
      secretEnv: [
        { name: 'TOKEN', value: '', isSet: true },
        { name: 'NEW', value: 'x' },
      ],
    };
    expect(patchOf(FIELDS, entries, PRESENT)).toEqual({
      port: null,
      env: {},
      health: { kind: 'none', intervalS: 2.5, timeoutS: 5 },
      keepRunning: true,
      secretEnv: { OLD: null, NEW: 'x' },
    });
  });

  it('opens a tunnel only where one is given', () => {
    const opened = patchOf(
      FIELDS,
      { ...entriesOf(FIELDS, PRESENT), tunnel: 'ngrok\nhttp' },
      PRESENT,
    );
    expect(opened).toEqual({ tunnel: ['ngrok', 'http'] });
    expect(opensTunnel(opened)).toBe(true);
    const present = { ...PRESENT, tunnel: ['ngrok'] };
    const closed = patchOf(FIELDS, { ...entriesOf(FIELDS, present), tunnel: '' }, present);
    expect(closed).toEqual({ tunnel: [] });
    expect(opensTunnel(closed)).toBe(false);
    expect(opensTunnel(patchOf(FIELDS, entriesOf(FIELDS, present), present))).toBe(false);
  });
});

test.each([
  ['health.path', 'health.path'],
  ['stop_grace_s', 'stopGraceS'],
  ['health.interval_s', 'health.intervalS'],
  ['argv[0]', 'argv'],
  ['revision', undefined],
  [undefined, undefined],
])('a refusal of %s stands at %s', (problem, key) => {
  expect(keyOfRefusal(FIELDS, entriesOf(FIELDS, PRESENT), problem)).toBe(key);
});
