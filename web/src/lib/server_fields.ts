/**
 * The form of a managed server: its fields, described as those of targets are, and what the API is sent of what was
 * entered. Pure. Whether it is good is for the API to say, but for what is no number and no variable at all.
 */
import type { DefinitionView, FieldView, ServerInput, ServerPatch } from '../api/schema';
import {
  changesOf,
  type Entries,
  isAsked,
  keyOf,
  keyOfProblem,
  missing,
  type Settings,
  settingsOf,
} from './fields';

export const OPENCODE = 'opencode';
const NEEDED = 'This is needed.';
const NUMBERS = ['port', 'health.intervalS', 'health.timeoutS', 'stopGraceS'];

const FIELD: Omit<FieldView, 'path' | 'label' | 'kind'> = {
  choices: [],
  default: null,
  help: '',
  isAdvanced: false,
  isRequired: false,
  placeholder: '',
  whenPath: null,
  whenValue: null,
};

const field = (
  path: string,
  label: string,
  kind: FieldView['kind'],
  more: Partial<FieldView> = {},
): FieldView => ({ ...FIELD, path: path.split('.'), label, kind, ...more });

const choices = (pairs: readonly (readonly [string, string])[]): FieldView['choices'] =>
  pairs.map(([value, label]) => ({ value, label }));

const HEALTH_KINDS = [
  ['none', 'Not: it is well while it runs'],
  ['http', 'By an HTTP request'],
  ['tcp', 'By a connection to its port'],
  ['log', 'By a text in its output'],
] as const;

const RESTARTS = [
  ['always', 'Always'],
  ['on_failure', 'When it failed'],
  ['never', 'Never'],
] as const;

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP'] as const;

/** What is asked of a new server of a preset, or of one that there is. */
export function fieldsOf(preset: string, isNew: boolean): readonly FieldView[] {
  const isOpenCode = preset === OPENCODE;
  return [
    ...(isNew ? asked(isOpenCode) : []),
    program(isOpenCode, isNew),
    field('port', 'Port', 'text', {
      placeholder: isOpenCode ? '4096' : '',
      help: 'Where it listens, from 1024 to 65535.',
    }),
    ...(isNew && isOpenCode ? [] : health(isOpenCode)),
    field('restart', 'When it ends, start it again', 'choice', {
      choices: choices(RESTARTS),
      default: 'always',
    }),
    field('autostart', 'Start it with Posthouse', 'switch', { default: true }),
    field('keepRunning', 'Let it run on when Posthouse stops', 'switch', {
      default: false,
      help: 'Posthouse finds it again when it is started.',
    }),
    ...FURTHER,
  ];
}

function asked(isOpenCode: boolean): FieldView[] {
  return [
    field('preset', 'What is it?', 'choice', {
      choices: choices([
        ['', 'Any command'],
        [OPENCODE, 'OpenCode'],
      ]),
      default: '',
      help: isOpenCode ? 'Runs opencode serve, and shows its sessions.' : '',
    }),
    field('name', 'Name', 'text', {
      isRequired: true,
      placeholder: isOpenCode ? OPENCODE : 'docs',
      help: 'What you call it here: a to z, 0 to 9 and -.',
    }),
  ];
}

const program = (isOpenCode: boolean, isNew: boolean): FieldView =>
  field('argv', 'Program', 'lines', {
    isRequired: !(isOpenCode && isNew),
    isAdvanced: isOpenCode,
    placeholder: isOpenCode ? OPENCODE : 'python3\n-m\nhttp.server\n8000',
    help: isOpenCode
      ? 'Where OpenCode is, if it is not found by its name. Its arguments are made by Posthouse.'
      : 'The program on the first line, each argument on a line of its own. No shell reads them.',
  });

function health(isAdvanced: boolean): FieldView[] {
  const when = (kind: string) => ({ isAdvanced, whenPath: ['health', 'kind'], whenValue: kind });
  return [
    field('health.kind', 'How to ask whether it is well', 'choice', {
      choices: choices(HEALTH_KINDS),
      default: 'none',
      isAdvanced,
    }),
    field('health.path', 'Path', 'text', {
      ...when('http'),
      default: '/',
      help: 'Any answer from 200 to 299 is good.',
    }),
    field('health.contains', 'Text in its output', 'text', {
      ...when('log'),
      help: 'It is ready as soon as it says this.',
    }),
    field('health.intervalS', 'Ask every (seconds)', 'text', { default: '10', isAdvanced: true }),
    field('health.timeoutS', 'Wait for an answer (seconds)', 'text', {
      default: '5',
      isAdvanced: true,
    }),
  ];
}

const FURTHER: readonly FieldView[] = [
  field('host', 'Host', 'text', { default: '127.0.0.1', isAdvanced: true }),
  field('folder', 'Folder', 'text', {
    isAdvanced: true,
    placeholder: '~/work',
    help: 'Where it runs. Empty is your home folder.',
  }),
  field('env', 'Variables', 'lines', {
    isAdvanced: true,
    placeholder: 'NAME=value',
    help: 'One to a line. They are shown: enter secrets below.',
  }),
  field('secretEnv', 'Secret variables', 'secrets', {
    isAdvanced: true,
    help: 'Variables whose values are kept as secrets.',
  }),
  field('stopSignal', 'To stop it, send', 'choice', {
    choices: choices(SIGNALS.map((one) => [one, one] as const)),
    default: 'SIGTERM',
    isAdvanced: true,
  }),
  field('stopGraceS', 'Wait for its end (seconds)', 'text', {
    default: '10',
    isAdvanced: true,
    help: 'Then it is killed.',
  }),
  field('tunnel', 'Tunnel', 'lines', {
    isAdvanced: true,
    placeholder: 'cloudflared\ntunnel\n--url\nhttp://127.0.0.1:8000',
    help: 'A command that opens the server to the internet: whoever has its address can reach it. Empty is none.',
  }),
];

/** A definition as the fields take it: variables are lines, secrets are names that are there. */
export function settingsIn(definition: DefinitionView): Settings {
  return {
    ...definition,
    port: definition.port === null ? null : String(definition.port),
    env: Object.entries(definition.env).map(([name, value]) => `${name}=${value}`),
    secretEnv: Object.fromEntries(definition.secretEnv.map((name) => [name, { isSet: true }])),
    health: {
      ...definition.health,
      intervalS: String(definition.health.intervalS),
      timeoutS: String(definition.health.timeoutS),
    },
    stopGraceS: String(definition.stopGraceS),
  };
}

/** What cannot be sent, by the field's key. */
export function wrongIn(
  fields: readonly FieldView[],
  entries: Entries,
  present: Settings | undefined,
): Record<string, string> {
  const wrong: Record<string, string> = {};
  for (const one of missing(fields, entries, present)) wrong[keyOf(one)] = NEEDED;
  for (const one of fields.filter((one) => isAsked(one, entries))) {
    const entry = entries[keyOf(one)];
    if (typeof entry !== 'string' || entry.trim() === '') continue;
    if (NUMBERS.includes(keyOf(one)) && !Number.isFinite(Number(entry)))
      wrong[keyOf(one)] = 'Give a number.';
    if (keyOf(one) === 'env' && linesIn(entry).some((line) => !/^[^=]+=/.test(line)))
      wrong.env = 'Each line is NAME=value.';
  }
  return wrong;
}

/** A new server as the API takes it. */
export function inputOf(fields: readonly FieldView[], entries: Entries): ServerInput {
  return sent(settingsOf(fields, entries), undefined) as unknown as ServerInput;
}

/** What is to be another; empty where nothing is. */
export function patchOf(
  fields: readonly FieldView[],
  entries: Entries,
  present: Settings,
): ServerPatch {
  return sent(changesOf(fields, entries, present), present) as ServerPatch;
}

/** Whether saving this opens the server to the internet, as it did not before. */
export function opensTunnel(body: Pick<ServerPatch, 'tunnel'>): boolean {
  return Array.isArray(body.tunnel) && body.tunnel.length > 0;
}

/** The key of the field that a refusal is about. The API names fields as they are stored, or as they are sent. */
export function keyOfRefusal(
  fields: readonly FieldView[],
  entries: Entries,
  problem: string | undefined,
): string | undefined {
  const camel = problem?.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return keyOfProblem(fields, entries, camel);
}

/** What an emptied field comes to; null in the API is "no port" alone. */
const EMPTIED: Settings = { folder: '', env: {}, tunnel: [], host: '127.0.0.1', port: null };

function sent(settings: Settings, present: Settings | undefined): Settings {
  const body: Settings = {};
  for (const [name, value] of Object.entries(settings)) {
    if (name === 'secretEnv') body[name] = secretsOf(value, present?.secretEnv);
    else if (value === null) {
      if (Object.hasOwn(EMPTIED, name)) body[name] = EMPTIED[name];
    } else if (name === 'env') body[name] = variablesOf(value as string[]);
    else if (name === 'health') body[name] = healthOf(value as Settings);
    else body[name] = NUMBERS.includes(name) ? Number(value) : value;
  }
  return body;
}

const healthOf = (health: Settings): Settings =>
  Object.fromEntries(
    Object.entries(health).map(([name, value]) => [
      name,
      NUMBERS.includes(`health.${name}`) ? Number(value) : value,
    ]),
  );

const variablesOf = (lines: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    lines.map((line) => {
      const place = line.indexOf('=');
      return [line.slice(0, place).trim(), line.slice(place + 1)];
    }),
  );

/** Values that were typed, and null for names that were taken away; what is kept is not named. */
function secretsOf(after: unknown, before: unknown): Record<string, string | null> {
  const entered = Object.entries((after ?? {}) as Settings);
  const secrets: Record<string, string | null> = {};
  for (const name of Object.keys((before ?? {}) as Settings)) {
    if (!entered.some(([one]) => one === name)) secrets[name] = null;
  }
  for (const [name, value] of entered) if (typeof value === 'string') secrets[name] = value;
  return secrets;
}

const linesIn = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
