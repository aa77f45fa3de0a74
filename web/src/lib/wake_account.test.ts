import { expect, test } from 'vitest';
import type { FieldView } from '../api/schema';
import { accountOf, askWords, type Draft, WAYS } from './wake_account';

const field = (key: string, kind: FieldView['kind'], whenValue: string): FieldView => ({
  path: ['ask', key],
  label: key,
  kind,
  help: '',
  isRequired: false,
  isAdvanced: false,
  default: null,
  placeholder: '',
  choices: [],
  whenPath: ['ask', 'kind'],
  whenValue,
});

const DRAFT: Draft = {
  way: 'claude',
  label: ' Work ',
  windowHours: '',
  fields: [
    { ...field('kind', 'choice', ''), whenPath: null, whenValue: null },
    field('url', 'url', 'request'),
    field('secret_headers', 'secrets', 'request'),
    field('argv', 'lines', 'command'),
    field('env', 'secrets', 'command'),
  ],
  entries: { 'ask.kind': 'command' },
};

test('an agent’s own program is named, with the variables that it is given', () => {
  expect(accountOf(DRAFT)).toEqual({ label: 'Work', preset: 'claude' });
  const entries = { ...DRAFT.entries, 'ask.env': [{ name: 'CODEX_HOME', value: '/work' }] };
  expect(accountOf({ ...DRAFT, way: 'codex', windowHours: ' 3 ', entries })).toEqual({
    label: 'Work',
    preset: 'codex',
    env: { CODEX_HOME: '/work' },
    windowHours: 3,
  });
});

test('a request and a command are sent as they were entered', () => {
  const header = [{ name: 'x-api-key', value: 'k' }];
  const entries = { 'ask.kind': 'request', 'ask.url': ' http://a ', 'ask.secret_headers': header };
  const request = { kind: 'request', url: 'http://a', secret_headers: { 'x-api-key': 'k' } };
  expect(accountOf({ ...DRAFT, way: 'request', entries }).ask).toEqual(request);
  const command = accountOf({
    ...DRAFT,
    way: 'command',
    entries: { 'ask.kind': 'command', 'ask.argv': 'ask\n-v' },
  });
  expect(command).toEqual({ label: 'Work', ask: { kind: 'command', argv: ['ask', '-v'] } });
});

test('what is no number is the daemon’s to refuse', () => {
  expect(accountOf({ ...DRAFT, windowHours: 'five' }).windowHours).toBe('five');
});

test('what an account is asked is said in a few words', () => {
  expect(askWords({ preset: 'codex', ask: { kind: 'command', argv: ['codex'] } })).toBe('Codex');
  expect(askWords({ preset: null, ask: { kind: 'command', argv: ['ask', '-v'] } })).toBe('ask -v');
  expect(askWords({ preset: null, ask: { kind: 'request', url: 'http://a' } })).toBe(
    'GET http://a',
  );
  expect(WAYS.map((one) => one.way)).toEqual(['claude', 'codex', 'request', 'command']);
});
