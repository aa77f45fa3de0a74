/**
 * Replay or dismissal of many deliveries, in chunks: how many there are, how far it is, and a stop between two chunks.
 *
 *     counting ──▶ asking ──run──▶ running ──▶ done
 *         │           ▲              │  ▲
 *         └─▶ failed ─┘   stop, error▼  │run
 *                                 stopped
 *
 * What a filter finds is what was counted: a cursor leaves out all that came later. What was done stays done, and a run
 * after a stop goes on behind it.
 */
import { api, ask, type Trouble, troubleOf } from '../api/client';
import type { BulkView, SkippedView } from '../api/schema';
import { bodyOf, type Filter, queryOf } from '../lib/filters';
import { refreshAll } from './resource.svelte';

const CHUNK_MIN = 25;
const CHUNK_MAX = 1_000;
const CHUNKS = 20;

export type Verb = 'replay' | 'dismiss';
export type Chosen = { ids: readonly string[] } | { filter: Filter };

export class BulkWork {
  state = $state<'counting' | 'asking' | 'running' | 'stopped' | 'done'>('counting');
  total = $state(0);
  /** How many were looked at; how many of them were changed. */
  matched = $state(0);
  changed = $state(0);
  skipped = $state.raw<readonly SkippedView[]>([]);
  trouble = $state.raw<Trouble>();
  #isToStop = false;
  #cursor: string | null = null;
  /** A period that ends now is fixed when the work is begun. */
  readonly #since = Date.now();

  constructor(
    readonly verb: Verb,
    readonly chosen: Chosen,
  ) {
    if ('ids' in chosen) {
      this.total = chosen.ids.length;
      this.state = 'asking';
    }
  }

  /** Find out how many there are, to the last. */
  async count(): Promise<void> {
    if ('ids' in this.chosen) return;
    this.trouble = undefined;
    try {
      const query = queryOf(this.chosen.filter, this.#since);
      let found = await ask(api.GET('/api/deliveries/count', { params: { query } }));
      this.#cursor = found.startCursor;
      this.total = found.count;
      while (found.nextCursor !== null && !this.#isToStop) {
        const on = { ...query, cursor: found.nextCursor };
        found = await ask(api.GET('/api/deliveries/count', { params: { query: on } }));
        this.total += found.count;
      }
      this.state = 'asking';
    } catch (error) {
      this.trouble = troubleOf(error);
    }
  }

  /** Begin, or go on after a stop. */
  async run(): Promise<void> {
    this.state = 'running';
    this.trouble = undefined;
    this.#isToStop = false;
    try {
      while (!(await this.#chunk())) {
        if (!this.#isToStop) continue;
        this.state = 'stopped';
        return;
      }
      this.state = 'done';
    } catch (error) {
      this.trouble = troubleOf(error);
      this.state = 'stopped';
    } finally {
      void refreshAll();
    }
  }

  stop(): void {
    this.#isToStop = true;
  }

  /** Do one chunk; whether it was the last. */
  async #chunk(): Promise<boolean> {
    const size = Math.min(Math.max(Math.ceil(this.total / CHUNKS), CHUNK_MIN), CHUNK_MAX);
    if ('ids' in this.chosen) {
      const ids = this.chosen.ids.slice(this.matched, this.matched + size);
      if (ids.length > 0) this.#note(await this.#post({ ids }));
      return this.matched >= this.chosen.ids.length;
    }
    const filter = bodyOf(this.chosen.filter, this.#since);
    const done = await this.#post({ filter, limit: size, cursor: this.#cursor });
    this.#note(done);
    this.#cursor = done.nextCursor;
    return done.nextCursor === null;
  }

  #post(body: Body): Promise<BulkView> {
    return this.verb === 'replay'
      ? ask(api.POST('/api/deliveries/replay', { body }))
      : ask(api.POST('/api/deliveries/dismiss', { body }));
  }

  #note(done: BulkView): void {
    this.matched += done.matched;
    this.changed += done.changed;
    this.skipped = [...this.skipped, ...done.skipped];
  }
}

type Body =
  | { ids: string[] }
  | { filter: ReturnType<typeof bodyOf>; limit: number; cursor: string | null };
