/**
 * A binding that is being thought out. It lives in memory only: nothing of it is saved before a person starts it, and it
 * is there again when they come back to its page.
 */
import type {
  BindingInput,
  BindingPatch,
  BindingView,
  BodyFormat,
  OutcomeKind,
  Preset,
  ScheduleView,
  Severity,
  SourceView,
  TargetView,
  Weekday,
} from '../api/schema';
import { Wording } from './wording.svelte';

export type Mode = NonNullable<ScheduleView['mode']>;

/** The waits before each retry, in seconds, by what people call them. The first is the daemon's own default. */
export const RETRIES = {
  patient: [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400],
  brief: [5, 60, 600],
  once: [],
} as const;
export type Retry = keyof typeof RETRIES | 'own';

const UNITS = { min: 60, h: 3_600, days: 86_400 } as const;
export type Unit = keyof typeof UNITS;
const HOUR_S = 3_600;
const SILENCE_H = 26;

/** The zone that this browser is in. */
export const browserZone = (): string => new Intl.DateTimeFormat().resolvedOptions().timeZone;

export interface Header {
  name: string;
  value: string;
}

export class Draft {
  /** What a person switched on or off, where that differs from what is. */
  wanted = $state<Record<string, boolean>>({});
  preset = $state<Preset>('full');
  target = $state.raw<TargetView>();
  endpoint = $state('');
  mode = $state<Mode>('on_change');
  every = $state(15);
  unit = $state<Unit>('min');
  at = $state('07:00');
  day = $state<Weekday>('monday');
  cron = $state('0 7 * * *');
  zone = $state(browserZone());
  types = $state('');
  severity = $state<Severity | ''>('');
  format = $state<BodyFormat>('cloudevents');
  headers = $state<Header[]>([]);
  wording = $state.raw(new Wording());
  retry = $state<Retry>('patient');
  timeToLiveH = $state<number | null>(null);
  isStrict = $state(false);
  isHealthRelevant = $state(true);
  /** Whether a person is told by it: what they said about notifications holds for it then. */
  isNotification = $state(false);
  /** How many may share a request, and how long one waits for others. */
  batchMax = $state(1);
  batchWaitS = $state(0);
  isExpected = $state(false);
  silenceH = $state(SILENCE_H);
  /** The binding that is changed; none where one is made. */
  binding = $state.raw<BindingView>();

  /** A binding to be made from a source. */
  static from(source: SourceView): Draft {
    const draft = new Draft();
    if (source.needsSchedule) draft.mode = 'daily';
    return draft;
  }

  /** A binding as it is, to be changed. */
  static of(binding: BindingView): Draft {
    const draft = new Draft();
    const { schedule, filter, policy, shape } = binding;
    draft.binding = binding;
    draft.wanted = { ...shape.properties };
    draft.preset = shape.preset ?? 'full';
    draft.mode = schedule.mode ?? 'on_change';
    if (schedule.everyS != null) {
      const units = Object.keys(UNITS).reverse() as Unit[];
      const seconds = schedule.everyS;
      draft.unit = units.find((unit) => seconds % UNITS[unit] === 0) ?? 'min';
      draft.every = seconds / UNITS[draft.unit];
    }
    if (schedule.at != null) draft.at = schedule.at;
    if (schedule.day != null) draft.day = schedule.day;
    if (schedule.cron != null) draft.cron = schedule.cron;
    if (draft.mode !== 'on_change' && schedule.zone != null) draft.zone = schedule.zone;
    draft.types = (filter.types ?? []).join('\n');
    draft.severity = filter.severityMin ?? '';
    draft.format = shape.format ?? 'cloudevents';
    draft.wording = Wording.of(binding);
    draft.headers = Object.entries(shape.headers ?? {}).map(([name, value]) => ({ name, value }));
    draft.retry = retryOf((policy.retryScheduleS ?? RETRIES.patient) as number[]);
    draft.timeToLiveH = policy.timeToLiveS == null ? null : policy.timeToLiveS / HOUR_S;
    draft.isStrict = policy.isStrictOrder ?? false;
    draft.isHealthRelevant = policy.isHealthRelevant ?? true;
    draft.isNotification = policy.isNotification ?? false;
    draft.batchMax = policy.batchMax ?? 1;
    draft.batchWaitS = policy.batchWaitS ?? 0;
    draft.isExpected = binding.silenceS !== null;
    if (binding.silenceS !== null) draft.silenceH = binding.silenceS / HOUR_S;
    return draft;
  }

  /** Whether a property leaves, as far as the switches go. */
  isOn(property: { name: string; isOn: boolean }): boolean {
    return this.wanted[property.name] ?? property.isOn;
  }

  /** The globs of types that are let through. */
  get typeList(): string[] {
    return this.types.split('\n').flatMap((line) => line.trim() || []);
  }

  /** What the API is asked for, to make it. */
  input(source: SourceView, target: TargetView): BindingInput {
    const endpoint = this.endpoint === '' ? {} : { endpoint: this.endpoint };
    return { source: source.id, target: target.id, ...endpoint, ...this.#parts(source) };
  }

  /** What the API is asked for, to change it. */
  patch(source: SourceView): BindingPatch {
    return this.#parts(source);
  }

  #parts(source: SourceView) {
    const { binding } = this;
    const types = this.typeList;
    return {
      schedule: this.#schedule(),
      filter: {
        types,
        origins: binding?.filter.origins ?? [],
        severityMin: this.severity === '' ? null : this.severity,
        ...this.wording.filter(),
      },
      policy: {
        retryScheduleS: this.#waits(),
        retryKinds: (binding?.policy.retryKinds ?? ['transient', 'rate_limited']) as OutcomeKind[],
        timeToLiveS: this.timeToLiveH === null ? null : this.timeToLiveH * HOUR_S,
        isHealthRelevant: this.isHealthRelevant,
        isStrictOrder: this.isStrict,
        ...this.#batches(),
        isNotification: this.isNotification,
      },
      shape: {
        format: this.format,
        ...this.wording.shape(this.format),
        headers: Object.fromEntries(
          this.headers
            .filter(({ name }) => name.trim() !== '')
            .map((one) => [one.name.trim(), one.value]),
        ),
        preset: this.preset,
        properties: this.kept(source),
      },
      silenceS: this.isExpected ? this.silenceH * HOUR_S : null,
      sourceProperties: this.letOut(source),
    };
  }

  /** The properties that are off here. One stays so, even where the source lets it out one day. */
  kept(source: SourceView): Record<string, boolean> {
    return Object.fromEntries(
      source.properties
        .filter((one) => !this.isOn(one) && (one.isOn || this.wanted[one.name] === false))
        .map((one) => [one.name, false]),
    );
  }

  /** The properties that are off at the source, and are to be let out of it. */
  letOut(source: SourceView): Record<string, boolean> {
    return Object.fromEntries(
      source.properties.filter((one) => !one.isOn && this.isOn(one)).map((one) => [one.name, true]),
    );
  }

  #schedule(): ScheduleView {
    const { mode, zone } = this;
    switch (mode) {
      case 'interval':
        return { mode, everyS: Math.round(this.every * UNITS[this.unit]), zone };
      case 'daily':
        return { mode, at: this.at, zone };
      case 'weekly':
        return { mode, at: this.at, day: this.day, zone };
      case 'cron':
        return { mode, cron: this.cron, zone };
      default:
        return { mode: 'on_change' };
    }
  }

  /** What notifies a person is gathered by the settings of notifications, never by a batch of its own. */
  #batches() {
    const batchMax = this.isNotification ? 1 : this.batchMax;
    return { batchMax, batchWaitS: batchMax > 1 ? this.batchWaitS : 0 };
  }

  #waits(): number[] {
    if (this.retry === 'own') return (this.binding?.policy.retryScheduleS ?? []) as number[];
    return [...RETRIES[this.retry]];
  }
}

function retryOf(waits: readonly number[]): Retry {
  const known = Object.keys(RETRIES) as (keyof typeof RETRIES)[];
  return known.find((name) => String(RETRIES[name]) === String(waits)) ?? 'own';
}

const drafts = new Map<number, Draft>();

/** The draft of a source: the one that was begun, or a new one. */
export function draftFrom(source: SourceView): Draft {
  const draft = drafts.get(source.id) ?? Draft.from(source);
  drafts.set(source.id, draft);
  return draft;
}

/** The binding of a draft is made: the next one begins anew. */
export function forgetDraft(source: SourceView): void {
  drafts.delete(source.id);
}
