/**
 * What happens, as it happens: the live stream's entries, each once and in order, however they come.
 *
 * The machine of `link.ts` decides, `log.ts` keeps; here is what they move: one stream, polls and pings, and those who
 * listen. Everyone who shows data listens to the feed or reads it, nobody opens a stream of their own.
 */
import { createParser } from 'eventsource-parser';
import { api, ask, Trouble } from '../api/client';
import type { LiveSnapshot } from '../api/schema';
import { session } from '../data/session.svelte';
import { newsroom } from '../lib/news.svelte';
import { clientId } from './client_id';
import { dueAt, type Effect, linkOf, OFF, type Signal, step } from './link';
import {
  begin,
  EMPTY,
  fill,
  isCritical,
  isKnown,
  type LiveEntry,
  type LiveType,
  take,
} from './log';

export type { LiveEntry, LiveType } from './log';

const PAGE = 500;
const ASKED_WITHIN_MS = 10_000;
const UNAVAILABLE = 'Live updates unavailable. Using periodic updates.';
const RESTORED = 'Live updates restored';

interface Listener {
  readonly types: ReadonlySet<LiveType> | null;
  readonly hear: (entry: LiveEntry) => void;
}

class Feed {
  /** How entries come at this moment. */
  link = $state<'connecting' | 'open' | 'polling'>('connecting');
  /** Since when they come so, Unix milliseconds. */
  since = $state(Date.now());
  /** Whether the daemon was reached by the last that was tried. */
  isReached = $state(true);
  /** Newest first, at most 1,000, each cursor once. */
  entries = $state.raw<readonly LiveEntry[]>([]);

  /** How many entries were told to those who listen, since the page began. */
  told = $state(0);

  #state = OFF;
  #log = EMPTY;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stream = new AbortController();
  #warning: number | undefined;
  #told = 0;
  #listeners = new Set<Listener>();
  #syncing = new Set<() => void>();
  #passedOver = new Set<string>();

  constructor() {
    document.addEventListener('visibilitychange', () =>
      this.#signal({ is: document.hidden ? 'hidden' : 'look' }),
    );
    window.addEventListener('online', () => this.#signal({ is: 'look' }));
    window.addEventListener('pageshow', () => this.#signal({ is: 'look' }));
  }

  /** Hear each new entry of these types, of any type without; it is in `entries` by then. Returns how to leave. */
  on(types: readonly LiveType[] | null, hear: (entry: LiveEntry) => void): () => void {
    const listener = { types: types === null ? null : new Set(types), hear };
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Hear when what was read before may be old: the stream was opened, or something critical happened. */
  onSync(hear: () => void): () => void {
    this.#syncing.add(hear);
    return () => this.#syncing.delete(hear);
  }

  /** Begin; safe to repeat. */
  start(): void {
    this.#signal({ is: 'start', isHidden: document.hidden });
  }

  /** End, and forget: who signs in next may be somebody else. */
  stop(): void {
    this.#signal({ is: 'stop' });
    this.#log = EMPTY;
    this.entries = [];
    this.#unwarn();
  }

  #signal(signal: Signal): void {
    const before = linkOf(this.#state);
    const { state, effects } = step(this.#state, signal, performance.now());
    this.#state = state;
    // Nothing that is watched is read here: who starts the feed in an effect would start it again.
    if (linkOf(state) !== before) {
      this.link = linkOf(state);
      this.since = Date.now();
    }
    this.isReached = state.isReached;
    this.#arm();
    for (const effect of effects) this.#act(effect);
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const due = dueAt(this.#state);
    if (due === null) return;
    const wait = Math.max(Math.ceil(due - performance.now()), 0);
    this.#timer = setTimeout(() => this.#signal({ is: 'tick' }), wait);
  }

  #act(effect: Effect): void {
    switch (effect.do) {
      case 'connect':
        void this.#connect(effect.stream);
        break;
      case 'disconnect':
        this.#stream.abort();
        break;
      case 'ping':
        void this.#ping(effect.stream, effect.id);
        break;
      case 'poll':
        void this.#poll();
        break;
      case 'sync':
        this.#sync();
        break;
      case 'warn':
        this.#warning = newsroom.tell(UNAVAILABLE, { isGood: false, isCalm: true });
        break;
      case 'restored':
        this.#unwarn();
        newsroom.tell(RESTORED, { isGood: true });
        break;
    }
  }

  #unwarn(): void {
    if (this.#warning !== undefined) newsroom.remove(this.#warning);
    this.#warning = undefined;
  }

  async #connect(stream: number): Promise<void> {
    this.#stream.abort();
    const controller = new AbortController();
    this.#stream = controller;
    try {
      if (this.#log.cursor === null) await this.#begin();
      await this.#read(stream, controller.signal);
    } catch (error) {
      if (!isExpected(error)) console.error(error);
    }
    // What is still open of it, after an entry that could not be read, is not to go on.
    controller.abort();
    this.#signal({ is: 'lost', stream });
  }

  /** Read a stream to its end. */
  async #read(stream: number, signal: AbortSignal): Promise<void> {
    const query = new URLSearchParams({ client: clientId(), cursor: this.#log.cursor ?? '' });
    const response = await fetch(`/api/live?${query}`, { cache: 'no-store', signal });
    if (response.status === 401) session.ended();
    if (!response.ok || response.body === null) return;
    const came: LiveEntry[] = [];
    const parser = createParser({ onEvent: ({ data }) => came.push(JSON.parse(data)) });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    this.#signal({ is: 'opened', stream });
    for (;;) {
      const { done, value } = await reader.read();
      if (done || signal.aborted) return;
      parser.feed(value);
      this.#signal({ is: 'heard', stream });
      this.#take(came.splice(0), stream);
    }
  }

  async #ping(stream: number, id: string): Promise<void> {
    try {
      await ask(
        api.POST('/api/live/ping', {
          body: { id, client: clientId() },
          signal: AbortSignal.timeout(ASKED_WITHIN_MS),
        }),
      );
    } catch (error) {
      // No pong will come; of any other trouble, the time decides.
      if (error instanceof Trouble && error.code === 'live.no_stream')
        this.#signal({ is: 'lost', stream });
    }
  }

  async #poll(): Promise<void> {
    let isReached = true;
    try {
      let isMore = true;
      while (isMore && this.#state.phase !== 'off') isMore = await this.#pollOnce();
    } catch (error) {
      isReached = !isUnreached(error);
      if (!(error instanceof Trouble)) console.error(error);
    }
    this.#signal({ is: 'polled', isReached });
  }

  /** Whether there may be more. Throws Trouble. */
  async #pollOnce(): Promise<boolean> {
    const { cursor } = this.#log;
    if (cursor === null) {
      await this.#begin();
      return false;
    }
    const signal = AbortSignal.timeout(ASKED_WITHIN_MS);
    const query = { cursor, limit: PAGE };
    const page = await ask(api.GET('/api/live/poll', { params: { query }, signal }));
    if (this.#log.cursor === null) return false;
    this.#take(page.items);
    return page.items.length === PAGE;
  }

  #take(came: readonly LiveEntry[], stream?: number): void {
    for (const entry of came) if (!isKnown(entry)) this.#passOver(entry);
    const reload = came.findLastIndex(({ event }) => event.type === 'reload');
    // What came before it is behind it: the place it names is further on, or in another ledger.
    if (reload >= 0) this.#reload((came[reload] as LiveEntry).cursor);
    const { log, fresh } = take(this.#log, came.slice(reload + 1));
    this.#keep(log);
    this.#told += fresh.length;
    this.told = this.#told;
    let isToBeSynced = reload >= 0;
    for (const entry of fresh) {
      isToBeSynced ||= isCritical(entry) || isStart(entry);
      this.#tell(entry);
    }
    if (isToBeSynced) this.#sync();
    for (const { event } of came) {
      if (event.type === 'pong' && stream !== undefined)
        this.#signal({ is: 'pong', stream, id: event.payload.id });
      if (event.type === 'cut' && event.payload.reason === 'auth') session.ended();
    }
  }

  /** The first snapshot: a place to go on from, and the newest of what was before. Throws Trouble. */
  async #begin(): Promise<void> {
    const snapshot = await readSnapshot();
    if (this.#log.cursor !== null || this.#state.phase === 'off') return;
    this.#keep(begin(this.#log, snapshot.cursor, snapshot.activity));
  }

  /** There is a hole behind us, or another ledger: go on from there, with the newest of what was missed. */
  #reload(cursor: string): void {
    this.#keep(begin(this.#log, cursor, []));
    readSnapshot().then(
      (snapshot) => this.#keep(fill(this.#log, snapshot.activity)),
      // Everything shown is read anew by itself, and tells its own trouble.
      () => undefined,
    );
  }

  #keep(log: typeof EMPTY): void {
    if (log.entries !== this.#log.entries) this.entries = log.entries;
    this.#log = log;
  }

  #tell(entry: LiveEntry): void {
    for (const { types, hear } of [...this.#listeners]) {
      if (types === null || types.has(entry.event.type)) guarded(() => hear(entry));
    }
  }

  #sync(): void {
    for (const hear of [...this.#syncing]) guarded(hear);
  }

  #passOver({ event }: LiveEntry): void {
    if (this.#passedOver.has(event.type)) return;
    this.#passedOver.add(event.type);
    console.info(
      `Entries of type ${event.type}, version ${event.payload?.version} are passed over: this page does not know them.`,
    );
  }
}

function readSnapshot(): Promise<LiveSnapshot> {
  const signal = AbortSignal.timeout(ASKED_WITHIN_MS);
  return ask(api.GET('/api/live/snapshot', { signal }));
}

/** One who listens and fails is no reason to miss anything for the others. */
function guarded(work: () => void): void {
  try {
    work();
  } catch (error) {
    console.error(error);
  }
}

function isStart({ event }: LiveEntry): boolean {
  return event.type === 'server_status' && event.payload.status === 'started';
}

function isUnreached(error: unknown): boolean {
  return error instanceof Trouble && ['unreachable', 'timeout'].includes(error.code);
}

/** A connection that breaks is nothing to write home about; `fetch` says so with a TypeError. */
function isExpected(error: unknown): boolean {
  return (
    error instanceof Trouble ||
    error instanceof TypeError ||
    (error instanceof DOMException && error.name === 'AbortError')
  );
}

export const feed = new Feed();
