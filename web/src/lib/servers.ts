/** Managed servers as people look at them: what each is doing, its figures, its command. Pure. */
import type { ServerState, ServerView } from '../api/schema';
import type { Fact } from '../parts/Facts.svelte';
import { STATES as AGENT_STATES } from './agents';
import { size } from './bytes';
import { ahead, span } from './time';
import { counted, listed, type Said } from './words';

/** What is worth a look comes first. */
export const STATES: Record<ServerState, Said> = {
  failed: { lamp: 'red', words: 'Failed' },
  unhealthy: { lamp: 'orange', words: 'Not healthy' },
  starting: { lamp: 'yellow', words: 'Starting…' },
  stopping: { lamp: 'yellow', words: 'Stopping…' },
  running: { lamp: 'green', words: 'Running' },
  stopped: { lamp: 'grey', words: 'Stopped' },
};
const RANKS = Object.keys(STATES) as ServerState[];

/** What stands where nothing is known. */
export const UNKNOWN = '–';

/** Its state as a lamp and words. */
export function saidOf(server: Pick<ServerView, 'state' | 'nextStartAt'>): Said {
  return server.state === 'starting' && server.nextStartAt !== null
    ? { lamp: 'yellow', words: 'Starts again soon' }
    : STATES[server.state];
}

/** Those in trouble first, then by name. */
export function sorted(servers: readonly ServerView[]): ServerView[] {
  const rank = (one: ServerView): number => RANKS.indexOf(one.state);
  return [...servers].sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
}

/** "1 has failed, 2 are running." */
export function tallyWords(servers: readonly Pick<ServerView, 'state'>[]): string {
  const many = (state: ServerState): number => servers.filter((one) => one.state === state).length;
  const parts = (
    [
      ['failed', 'has failed', 'have failed'],
      ['unhealthy', 'is not healthy', 'are not healthy'],
      ['starting', 'is starting', 'are starting'],
      ['stopping', 'is stopping', 'are stopping'],
      ['running', 'is running', 'are running'],
      ['stopped', 'is stopped', 'are stopped'],
    ] as const
  )
    .map(([state, one, others]) => [many(state), one, others] as const)
    .filter(([count]) => count > 0)
    .map(([count, one, others]) => counted(count, one, others));
  return `${listed(parts)}.`;
}

/** Whether a start, or a stop, would change anything. */
export const canStart = ({ state }: Pick<ServerView, 'state'>): boolean =>
  state === 'stopped' || state === 'failed';
export const canStop = ({ state }: Pick<ServerView, 'state'>): boolean =>
  state !== 'stopped' && state !== 'stopping' && state !== 'failed';

/** Why it is so, and what comes next: "It ended with exit code 3. Started again in 4 s." One that runs says enough. */
export function detailWords(
  { state, detail, nextStartAt }: Pick<ServerView, 'state' | 'detail' | 'nextStartAt'>,
  now: number,
): string {
  if (state === 'running') return '';
  const why = detail === '' || /[.!?]$/.test(detail) ? detail : `${detail}.`;
  const next = nextStartAt === null ? '' : `Started again ${ahead(nextStartAt, now)}.`;
  return [why, next].filter(Boolean).join(' ');
}

export interface Figure {
  readonly name: string;
  readonly value: string;
}

/** Its figures; a dash for each that is not known. */
export function figuresOf({
  figures,
  restarts,
}: Pick<ServerView, 'figures' | 'restarts'>): Figure[] {
  return [
    { name: 'Processor', value: known(figures?.cpuPercent, percent) },
    { name: 'Memory', value: known(figures?.memoryBytes, size) },
    { name: 'Up for', value: known(figures?.uptimeS, (seconds) => span(seconds * 1_000)) },
    { name: 'Restarts', value: restarts.toLocaleString('en-GB') },
  ];
}

function known(value: number | null | undefined, words: (value: number) => string): string {
  return value === null || value === undefined ? UNKNOWN : words(value);
}

const percent = (value: number): string =>
  `${value.toLocaleString('en-GB', { maximumFractionDigits: value < 10 ? 1 : 0 })} %`;

/** A command as one could type it in a shell; to be read, not to be run. */
export function commandLine(argv: readonly string[]): string {
  return argv.map(quoted).join(' ');
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

const RESTARTS: Record<ServerView['definition']['restart'], string> = {
  always: 'always',
  on_failure: 'when it failed',
  never: 'never',
};

/** What there is to know of it besides its figures; what is not known, or goes without saying, is left out. */
export function factsOf(server: ServerView): Fact[] {
  const { definition } = server;
  const yes = (is: boolean): string => (is ? 'yes' : 'no');
  const facts: Fact[] = [
    { name: 'Command', value: commandLine(definition.command), isId: true },
    { name: 'Address', value: server.url ?? '', isId: true },
    { name: 'Port', value: server.port === null ? '' : String(server.port) },
    { name: 'Version', value: server.version ?? '' },
    { name: 'Process', value: server.pid === null ? '' : String(server.pid) },
    { name: 'Folder', value: definition.folder },
    { name: 'Health', value: healthWords(definition.health) },
    { name: 'Started again', value: RESTARTS[definition.restart] },
    { name: 'Starts with Posthouse', value: yes(definition.autostart) },
    { name: 'Runs on without it', value: yes(definition.keepRunning) },
    {
      name: 'Variables',
      value: listed([
        ...Object.keys(definition.env),
        ...definition.secretEnv.map((one) => `${one} (secret)`),
      ]),
    },
    {
      name: 'Stopped by',
      value: `${definition.stopSignal}, killed after ${definition.stopGraceS} s`,
    },
  ];
  return facts.filter((one) => one.value !== '');
}

function healthWords({
  kind,
  path,
  contains,
  intervalS,
}: ServerView['definition']['health']): string {
  switch (kind) {
    case 'http':
      return `GET ${path} every ${intervalS} s`;
    case 'tcp':
      return `a connection to its port every ${intervalS} s`;
    case 'log':
      return `its output says “${contains}”`;
    case 'none':
      return 'it is well while it runs';
  }
}

/** A session as it stands on the board of agents. */
export function sessionSaid(state: string): Said {
  return Object.hasOwn(AGENT_STATES, state)
    ? AGENT_STATES[state as keyof typeof AGENT_STATES]
    : { lamp: 'grey', words: state };
}
