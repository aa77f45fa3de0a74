/** An account that is to be woken, from what was entered. Pure. */
import type { AccountInput, AccountView, FieldView } from '../api/schema';
import { type Entries, settingsOf } from './fields';

export type Way = 'claude' | 'codex' | 'request' | 'command';

interface WaySaid {
  readonly way: Way;
  readonly name: string;
  readonly about: string;
}

export const WAYS: readonly WaySaid[] = [
  {
    way: 'claude',
    name: 'Claude Code',
    about: 'Its own program, signed in as it is: one word to its smallest model, without tools.',
  },
  {
    way: 'codex',
    name: 'Codex',
    about:
      'Its own program, signed in as it is: one word, with little thought, and nothing kept of it.',
  },
  { way: 'request', name: 'A request', about: 'HTTP, with a key of yours in a secret header.' },
  {
    way: 'command',
    name: 'A command',
    about: 'Any program. That it ends with 0 means that it went well.',
  },
];

export interface Draft {
  readonly way: Way;
  readonly label: string;
  /** As typed; empty is the usual length. */
  readonly windowHours: string;
  /** Of a probe. */
  readonly fields: readonly FieldView[];
  readonly entries: Entries;
}

/** What is sent. What is no number goes as it is, for the daemon to refuse. */
export function accountOf({ way, label, windowHours, fields, entries }: Draft): AccountInput {
  const { ask = {} } = settingsOf(fields, entries) as { ask?: Record<string, unknown> };
  const typed = windowHours.trim();
  const number = Number(typed);
  const hours = typed === '' ? null : Number.isNaN(number) ? (typed as unknown as number) : number;
  const input = { label: label.trim(), ...(hours === null ? {} : { windowHours: hours }) };
  if (way === 'request' || way === 'command') return { ...input, ask };
  const env = ask.env as Record<string, string> | undefined;
  return { ...input, preset: way, ...(env === undefined ? {} : { env }) };
}

/** What an account is asked, in a few words: "Claude Code", "GET https://…", "codex exec …". */
export function askWords({ preset, ask }: Pick<AccountView, 'preset' | 'ask'>): string {
  const way = WAYS.find((one) => one.way === preset);
  if (way !== undefined) return way.name;
  const {
    method = 'GET',
    url = '',
    argv = [],
  } = ask as {
    method?: string;
    url?: string;
    argv?: readonly string[];
  };
  return url === '' ? argv.join(' ') : `${method} ${url}`;
}
