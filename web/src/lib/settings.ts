/** Settings as a person would say them. */
import type { Origin, SettingView, TokenScope } from '../api/schema';

type Value = SettingView['value'];

const SIZES = [
  ['GiB', 2 ** 30],
  ['MiB', 2 ** 20],
  ['KiB', 2 ** 10],
] as const;

/** What the parts of the data path are called; a part that is not here goes by its own name. */
const GROUPS: Record<string, string> = {
  ingest: 'Taking events',
  disk: 'Disk',
  coalesce: 'Gathering changes',
  sources: 'Sources',
  delivery: 'Delivering',
  retention: 'Keeping',
  live: 'Live stream',
  network: 'Network',
  api: 'Listening',
  log: 'Log',
};

/** What the daemon looks at only when it starts. */
const AT_START: ReadonlySet<string> = new Set(['network', 'api', 'log']);

export const SCOPES: Record<TokenScope, string> = {
  ingest: 'Post events',
  read: 'Read everything but secrets',
  admin: 'Do everything',
};

export interface Group {
  name: string;
  title: string;
  /** Whether a change waits for the next start. */
  isAtStart: boolean;
  settings: SettingView[];
}

/** Settings by the part of the data path that they are for, in the daemon's order. */
export function byGroup(settings: readonly SettingView[]): Group[] {
  const groups = new Map<string, Group>();
  for (const setting of settings) {
    const name = setting.key.split('.')[0] ?? '';
    const group = groups.get(name) ?? {
      name,
      title: GROUPS[name] ?? name,
      isAtStart: AT_START.has(name),
      settings: [],
    };
    group.settings.push(setting);
    groups.set(name, group);
  }
  return [...groups.values()];
}

/** A value with its unit: "8 MiB", "90 s", "30 days", "yes". */
export function valueWords(setting: SettingView, value: Value): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  const text = editable(setting, value);
  return setting.unit === '' || setting.kind === 'size' ? text : `${text} ${setting.unit}`;
}

/** A value as it is typed: "8 MiB", "90". */
export function editable(setting: SettingView, value: Value): string {
  if (setting.kind !== 'size' || typeof value !== 'number') return String(value);
  const [unit, size] = SIZES.find(([, size]) => value >= size && value % size === 0) ?? ['', 1];
  return `${value / size} ${unit}`.trim();
}

/** What may be typed: "A whole number from 1 to 256." Empty where a list is chosen from. */
export function boundsWords(setting: SettingView): string {
  if (setting.min === null || setting.max === null) return '';
  const [low, high] = [editable(setting, setting.min), valueWords(setting, setting.max)];
  switch (setting.kind) {
    case 'size':
      return `From ${low} to ${high}, in bytes, KiB, MiB or GiB.`;
    case 'integer':
      return `A whole number from ${low} to ${high}.`;
    default:
      return `From ${low} to ${high}.`;
  }
}

/** Where the value came from, and what it would be otherwise. */
export function originWords(setting: SettingView): string {
  const otherwise = `the default is ${valueWords(setting, setting.default)}`;
  const words: Record<Origin, string> = {
    default: 'The default',
    ledger: `Stored; ${otherwise}`,
    environment: `From the environment, \`${environmentName(setting)}\`; ${otherwise}`,
    flag: `From a flag of \`posthouse up\`; ${otherwise}`,
  };
  return words[setting.origin];
}

/** Whether what is stored counts: a flag and the environment are stronger. */
export const isOurs = ({ origin }: SettingView): boolean =>
  origin === 'default' || origin === 'ledger';

const environmentName = ({ key }: SettingView): string =>
  `POSTHOUSE_${key.replaceAll('.', '_').toUpperCase()}`;
