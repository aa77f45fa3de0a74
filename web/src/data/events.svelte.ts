/** Events, newest first, as far back as someone has asked; and one of them, whole. */
import { api, ask } from '../api/client';
import type { EventDetail, EventView } from '../api/schema';
import { type Filter, spanOf } from '../lib/filters';
import { Resource } from './resource.svelte';

const PAGE = 50;

export interface ListedEvents {
  items: readonly EventView[];
  nextCursor: string | null;
  searchedTo: number | null;
}

export class EventList extends Resource<ListedEvents> {
  isReadingOlder = $state(false);
  #filter: Filter;

  constructor(filter: Filter) {
    super(() => this.#newest());
    this.#filter = filter;
  }

  /** Add the page behind the last one. Throws Trouble. */
  async readOlder(): Promise<void> {
    const present = this.value;
    if (present?.nextCursor == null) return;
    this.isReadingOlder = true;
    try {
      const older = await readPage(this.#filter, present.nextCursor);
      const now = this.value ?? present;
      this.set({ ...older, items: [...now.items, ...older.items] });
    } finally {
      this.isReadingOlder = false;
    }
  }

  /** The newest, in front of what was read before: an event never changes. */
  async #newest(): Promise<ListedEvents> {
    const present = this.value;
    const fresh = await readPage(this.#filter);
    const last = fresh.items.at(-1);
    const place = present?.items.findIndex((one) => one.id === last?.id) ?? -1;
    if (present === undefined || place < 0) return fresh;
    return { ...present, items: [...fresh.items, ...present.items.slice(place + 1)] };
  }
}

async function readPage(filter: Filter, cursor?: string): Promise<ListedEvents> {
  const { source, type, q } = filter;
  const query = {
    ...(source === undefined ? {} : { source }),
    ...(type === undefined ? {} : { type }),
    ...(q === undefined ? {} : { q }),
    ...spanOf(filter, Date.now()),
    limit: PAGE,
    ...(cursor === undefined ? {} : { cursor }),
  };
  return ask(api.GET('/api/events', { params: { query } }));
}

/** An event with its data and its deliveries. */
export function wholeEvent(id: string): Resource<EventDetail> {
  return new Resource(async () =>
    ask(api.GET('/api/events/{reference}', { params: { path: { reference: id } } })),
  );
}
