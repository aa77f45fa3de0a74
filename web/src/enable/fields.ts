/** The form of a kind of source, made of the JSON Schema of its settings. Pure. */

interface Schema {
  type?: string;
  description?: string;
  default?: unknown;
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  enum?: readonly string[];
  items?: Schema;
  anyOf?: readonly Schema[];
  $ref?: string;
  properties?: Record<string, Schema>;
  required?: readonly string[];
  $defs?: Record<string, Schema>;
}

/** text and long: a text. lines: one item a line. pairs: NAME=value, one a line. */
export type FieldKind =
  | 'text'
  | 'long'
  | 'number'
  | 'switch'
  | 'choice'
  | 'lines'
  | 'numbers'
  | 'pairs';

export interface Field {
  name: string;
  label: string;
  help: string;
  kind: FieldKind;
  isRequired: boolean;
  choices: readonly string[];
  min: number | undefined;
  max: number | undefined;
  /** What it is where nothing is entered, as it would be typed. */
  initial: string;
}

const LONG = 10_000;

/** The fields in the schema's order, those that are required first. */
export function fieldsOf(settings: unknown): Field[] {
  const schema = settings as Schema;
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {})
    .map(([name, one]) => fieldOf(name, whole(one, schema.$defs ?? {}), required.has(name)))
    .sort((a, b) => Number(b.isRequired) - Number(a.isRequired));
}

/** What was typed, as the API takes it. Throws what is not a number, in words. */
export function settingsOf(
  fields: readonly Field[],
  typed: Record<string, string>,
): Record<string, unknown> {
  const settings: Record<string, unknown> = {};
  for (const field of fields) {
    const text = typed[field.name] ?? field.initial;
    if (text === field.initial && !field.isRequired) continue;
    if (text.trim() === '' && !['lines', 'numbers', 'pairs'].includes(field.kind)) continue;
    settings[field.name] = entered(field, text);
  }
  return settings;
}

function entered(field: Field, text: string): unknown {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  switch (field.kind) {
    case 'number':
      return Number(text);
    case 'switch':
      return text === 'true';
    case 'lines':
      return lines;
    case 'numbers':
      return lines.map(Number);
    case 'pairs':
      return Object.fromEntries(
        lines.map((line) => {
          const [name = '', ...rest] = line.split('=');
          return [name.trim(), rest.join('=')];
        }),
      );
    default:
      return text;
  }
}

/** A schema with what it refers to in it, and without the null that it may be. */
function whole(schema: Schema, known: Record<string, Schema>): Schema {
  const { $ref, anyOf, ...own } = schema;
  const other =
    $ref === undefined
      ? anyOf?.find((one) => one.type !== 'null')
      : known[$ref.split('/').at(-1) ?? ''];
  return other === undefined ? own : { ...whole(other, known), ...own };
}

function fieldOf(name: string, schema: Schema, isRequired: boolean): Field {
  const kind = kindOf(schema);
  return {
    name,
    label: labelOf(name),
    help: schema.description ?? '',
    kind,
    isRequired,
    choices: schema.enum ?? [],
    min: schema.minimum,
    max: schema.maximum,
    initial: textOf(kind, schema.default),
  };
}

function kindOf(schema: Schema): FieldKind {
  if (schema.enum !== undefined) return 'choice';
  switch (schema.type) {
    case 'integer':
    case 'number':
      return 'number';
    case 'boolean':
      return 'switch';
    case 'object':
      return 'pairs';
    case 'array':
      return schema.items?.type === 'integer' || schema.items?.type === 'number'
        ? 'numbers'
        : 'lines';
    default:
      return (schema.maxLength ?? 0) >= LONG && schema.default === undefined ? 'long' : 'text';
  }
}

function textOf(kind: FieldKind, value: unknown): string {
  if (value == null) return '';
  if (Array.isArray(value)) return value.join('\n');
  if (kind === 'pairs')
    return Object.entries(value)
      .map(([one, said]) => `${one}=${said}`)
      .join('\n');
  return String(value);
}

const LABELS: Record<string, string> = {
  argv: 'Program and arguments',
  cwd: 'Folder',
  env: 'Environment',
};

/** "copy_bytes_max" as "Copy bytes max"; a unit at the end in brackets. */
function labelOf(name: string): string {
  const words = LABELS[name] ?? name.replace(/_s$/, ' (seconds)').replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
