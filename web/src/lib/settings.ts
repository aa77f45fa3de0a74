/** Settings as a person would say them. */
import type { Origin, SettingView, TokenScope } from '../api/schema';

type Value = SettingView['value'];

const SIZES = [
  ['GiB', 2 ** 30],
  ['MiB', 2 ** 20],
  ['KiB', 2 ** 10],
] as const;

export const SCOPES: Record<TokenScope, string> = {
  ingest: 'Post events',
  read: 'Read everything but secrets',
  admin: 'Do everything',
};

export interface Group {
  title: string;
  settings: SettingView[];
}

/** Settings under what the daemon calls them, in its order. */
export function byGroup(settings: readonly SettingView[]): Group[] {
  const groups = new Map<string, SettingView[]>();
  for (const setting of settings)
    groups.set(setting.group, [...(groups.get(setting.group) ?? []), setting]);
  return [...groups].map(([title, members]) => ({ title, settings: members }));
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
    environment: `From the environment, \`${setting.environment}\`; ${otherwise}`,
    flag: `From a flag of \`posthouse up\`; ${otherwise}`,
  };
  const { stored } = setting;
  const hidden =
    stored === null || isOurs(setting)
      ? ''
      : `. Stored is ${valueWords(setting, stored)}, which does not count meanwhile`;
  return `${words[setting.origin]}${hidden}`;
}

/** When a change holds; empty where it holds at once. */
export function holdsWords(setting: SettingView): string {
  if (!setting.isAtStart) return '';
  return setting.inForce === setting.value
    ? 'A change holds from the next start.'
    : `Holds from the next start. Until then it is ${valueWords(setting, setting.inForce)}.`;
}

/** Whether what is stored counts: a flag and the environment are stronger. */
export const isOurs = ({ origin }: SettingView): boolean =>
  origin === 'default' || origin === 'ledger';
