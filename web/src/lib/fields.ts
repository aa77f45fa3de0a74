/**
 * A form from the description of its fields: what stands in it, what is asked for, and the settings that come of it.
 * Pure. What is entered is kept under each field's key, its path with dots. Whether it is good is for the API to say.
 */
import type { FieldView } from '../api/schema';

export interface HeaderLine {
  name: string;
  value: string;
  /** Of a secret: it is there already under this name, and stays while nothing else is typed. */
  isSet?: boolean;
}
/** Lists are typed as one text with a line for each. null: a secret that is to be taken away. */
export type Entry = string | boolean | HeaderLine[] | null;
export type Entries = Record<string, Entry>;
export type Settings = Record<string, unknown>;

/** What stands in the place of a secret that is there; sent back, it leaves the secret as it is. */
const KEPT = { isSet: true };

export const keyOf = (field: FieldView): string => field.path.join('.');

/** Whether a field counts by what else is chosen. */
export function isAsked(field: FieldView, entries: Entries): boolean {
  return field.whenPath === null || entries[field.whenPath.join('.')] === field.whenValue;
}

/** What the form begins with: what the settings say, else the defaults. */
export function entriesOf(fields: readonly FieldView[], settings: unknown): Entries {
  return Object.fromEntries(
    fields.map((field) => [keyOf(field), entryOf(field, at(settings, field.path))]),
  );
}

/** Whether what is entered is kept, and never shown again. */
export const isSecret = (field: FieldView): boolean =>
  field.kind === 'secret' || field.kind === 'sign_in';

/** Whether a secret is there already. */
export function isSet(field: FieldView, settings: unknown): boolean {
  return at(settings, field.path) != null;
}

/** The fields that must be filled in and are not. */
export function missing(
  fields: readonly FieldView[],
  entries: Entries,
  settings: unknown,
): FieldView[] {
  return fields.filter(
    (field) =>
      field.isRequired &&
      isAsked(field, entries) &&
      entered(field, entries[keyOf(field)], settings) === undefined,
  );
}

/** The settings that were entered; what is empty or not asked for is left out. */
export function settingsOf(
  fields: readonly FieldView[],
  entries: Entries,
  present: unknown = undefined,
): Settings {
  const settings: Settings = {};
  for (const field of fields) {
    const value = isAsked(field, entries)
      ? entered(field, entries[keyOf(field)], present)
      : undefined;
    if (value !== undefined) put(settings, field.path, value);
  }
  return settings;
}

/** Those settings that differ from the ones there are; what was emptied is null, which takes it out. */
export function changesOf(
  fields: readonly FieldView[],
  entries: Entries,
  present: unknown,
): Settings {
  const before = settingsOf(fields, entriesOf(fields, present), present);
  const after = settingsOf(fields, entries, present);
  const changes: Settings = {};
  for (const top of new Set(fields.map((field) => field.path[0] ?? ''))) {
    if (JSON.stringify(before[top]) !== JSON.stringify(after[top]))
      changes[top] = after[top] ?? null;
  }
  return changes;
}

/** The key of the field that a problem is about: `settings.sign`, `headers.x-team` and `auth` find theirs. */
export function keyOfProblem(
  fields: readonly FieldView[],
  entries: Entries,
  problem: string | undefined,
): string | undefined {
  const where = problem?.replace(/^settings\./, '') ?? '';
  if (where === '') return undefined;
  const keys = fields.filter((field) => isAsked(field, entries)).map(keyOf);
  return (
    keys.find((key) => where === key) ??
    keys.find((key) => where.startsWith(`${key}.`) || where.startsWith(`${key}[`)) ??
    keys.find((key) => key.startsWith(`${where}.`))
  );
}

/** Whom saving will ask: the host of the first address that was entered. */
export function hostIn(fields: readonly FieldView[], entries: Entries): string | undefined {
  for (const field of fields) {
    const entry = entries[keyOf(field)];
    if (field.kind !== 'url' || typeof entry !== 'string') continue;
    try {
      return new URL(entry.trim()).host || undefined;
    } catch {
      // The API says what is wrong with it.
    }
  }
  return undefined;
}

/** A setting as it is shown to be read; empty where there is nothing to show. */
export function shownValue(field: FieldView, settings: unknown): string {
  const value = at(settings, field.path);
  if (value == null || value === '') return '';
  switch (field.kind) {
    case 'sign_in':
      return 'Signed in.';
    case 'secret':
      return 'Set. It is never shown.';
    case 'switch':
      return value === true ? 'Yes' : 'No';
    case 'choice':
      return field.choices.find((one) => one.value === value)?.label ?? String(value);
    case 'lines':
      return Array.isArray(value) ? value.join('\n') : String(value);
    case 'headers':
      return Object.entries(value)
        .map(([name, text]) => `${name}: ${text}`)
        .join('\n');
    case 'secrets':
      return Object.keys(value)
        .map((name) => `${name}: set, and never shown`)
        .join('\n');
    default:
      return String(value);
  }
}

function entryOf(field: FieldView, value: unknown): Entry {
  switch (field.kind) {
    case 'secret':
    case 'sign_in':
      return '';
    case 'switch':
      return typeof value === 'boolean' ? value : field.default === true;
    case 'lines':
      return Array.isArray(value) ? value.join('\n') : '';
    case 'headers':
      return typeof value === 'object' && value !== null
        ? Object.entries(value).map(([name, text]) => ({ name, value: String(text) }))
        : [];
    case 'secrets':
      return typeof value === 'object' && value !== null
        ? Object.keys(value).map((name) => ({ name, value: '', isSet: true }))
        : [];
    case 'choice':
      return typeof value === 'string'
        ? value
        : String(field.default ?? field.choices[0]?.value ?? '');
    default:
      return value == null ? String(field.default ?? '') : String(value);
  }
}

/** What a field comes to; undefined where it is empty. */
function entered(field: FieldView, entry: Entry | undefined, present: unknown): unknown {
  switch (field.kind) {
    case 'secret':
    case 'sign_in':
      if (entry === null) return undefined;
      if (typeof entry === 'string' && entry !== '') return entry;
      return isSet(field, present) ? KEPT : undefined;
    case 'switch':
      return entry === true;
    case 'lines': {
      const lines = typeof entry === 'string' ? entry.split('\n').map((line) => line.trim()) : [];
      const full = lines.filter((line) => line !== '');
      return full.length > 0 ? full : undefined;
    }
    case 'headers': {
      const lines = Array.isArray(entry) ? entry.filter((line) => line.name.trim() !== '') : [];
      if (lines.length === 0) return undefined;
      return Object.fromEntries(lines.map((line) => [line.name.trim(), line.value.trim()]));
    }
    case 'secrets': {
      const lines = Array.isArray(entry) ? entry.filter((line) => line.name.trim() !== '') : [];
      if (lines.length === 0) return undefined;
      return Object.fromEntries(
        lines.map((line) => [
          line.name.trim(),
          line.value === '' && line.isSet === true ? KEPT : line.value,
        ]),
      );
    }
    default: {
      const text = typeof entry === 'string' ? entry.trim() : '';
      return text === '' ? undefined : text;
    }
  }
}

function at(settings: unknown, path: readonly string[]): unknown {
  let value = settings;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step))
      return undefined;
    value = (value as Settings)[step];
  }
  return value;
}

function put(settings: Settings, path: readonly string[], value: unknown): void {
  const [first = '', ...rest] = path;
  if (rest.length === 0) settings[first] = value;
  else {
    settings[first] ??= {};
    put(settings[first] as Settings, rest, value);
  }
}
