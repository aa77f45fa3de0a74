/**
 * What a server says, as it says it: its last lines, then its stream from where they end. A stream that ends is opened
 * again behind what came; while the page is hidden there is none.
 */
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { api, ask, Trouble, troubleOf } from '../api/client';
import { added, EMPTY, LINES_MAX } from '../lib/tail';
import { session } from './session.svelte';

const AGAIN_AFTER_MS = 2_000;
/** Stands where something was cut from its output before it was read here. */
const MISSING = '…\n';
/** What comes within this time is shown together, so that a server that floods does not stall the page. */
const TOGETHER_MS = 100;

export class Output {
  tail = $state.raw(EMPTY);
  isRead = $state(false);
  trouble = $state.raw<Trouble>();
  #name: string;
  #cursor: string | undefined;
  #came = '';
  #stream = new AbortController();
  #again: ReturnType<typeof setTimeout> | undefined;
  #shows: ReturnType<typeof setTimeout> | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  /** To be called in an effect: follows it until the effect ends. */
  follow(): () => void {
    const look = (): void => (document.hidden ? this.#end() : void this.#begin());
    document.addEventListener('visibilitychange', look);
    look();
    return () => {
      document.removeEventListener('visibilitychange', look);
      this.#end();
    };
  }

  #end(): void {
    this.#stream.abort();
    clearTimeout(this.#again);
  }

  async #begin(): Promise<void> {
    this.#end();
    const controller = new AbortController();
    this.#stream = controller;
    const { signal } = controller;
    let isOver = false;
    try {
      if (this.#cursor === undefined) await this.#readLast(signal);
      await this.#readStream(signal);
    } catch (error) {
      if (signal.aborted) return;
      const trouble = isBroken(error) ? undefined : troubleOf(error);
      isOver = trouble?.code === 'server.not_found';
      if (!this.isRead || isOver) this.trouble = trouble;
    }
    if (!signal.aborted && !isOver)
      this.#again = setTimeout(() => void this.#begin(), AGAIN_AFTER_MS);
  }

  async #readLast(signal: AbortSignal): Promise<void> {
    const params = { path: { name: this.#name }, query: { lines: LINES_MAX } };
    const last = await ask(api.GET('/api/servers/{name}/output', { params, signal }));
    if (signal.aborted) return;
    this.#cursor = last.cursor;
    this.tail = added(EMPTY, last.lines.map((line) => `${line}\n`).join(''));
    this.isRead = true;
    this.trouble = undefined;
  }

  async #readStream(signal: AbortSignal): Promise<void> {
    const query = new URLSearchParams({ cursor: this.#cursor ?? '' });
    const path = `/api/servers/${encodeURIComponent(this.#name)}/output/stream?${query}`;
    const response = await fetch(path, { cache: 'no-store', signal });
    if (response.status === 401) session.ended();
    if (!response.ok || response.body === null)
      throw new Trouble('Its output cannot be followed.', '', `http_${response.status}`);
    const parser = createParser({ onEvent: (event) => this.#hear(event) });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done || signal.aborted) return;
      parser.feed(value);
    }
  }

  #hear({ id, event, data }: EventSourceMessage): void {
    this.#cursor = id ?? this.#cursor;
    if (event === 'output') this.#came += (JSON.parse(data) as { text: string }).text;
    else if (event === 'torn') this.#came += MISSING;
    else return;
    this.#shows ??= setTimeout(() => this.#show(), TOGETHER_MS);
  }

  #show(): void {
    this.#shows = undefined;
    this.tail = added(this.tail, this.#came);
    this.#came = '';
  }
}

/** A connection that breaks is opened again; `fetch` says so with a TypeError. */
function isBroken(error: unknown): boolean {
  return error instanceof TypeError || error instanceof DOMException;
}
