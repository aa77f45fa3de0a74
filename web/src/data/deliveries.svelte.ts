/** Deliveries, newest first, as far back as someone has asked; how many there are; and one of them, whole. */
import { api, ask } from '../api/client';
import type { CountView, DeliveryDetail, DeliveryView, EventDetail } from '../api/schema';
import { type Filter, queryOf } from '../lib/filters';
import { Resource } from './resource.svelte';

export const PAGE = 50;
const PAGE_MAX = 500;

export interface Listed {
  items: readonly DeliveryView[];
  nextCursor: string | null;
  /** How far back was looked, where a page was cut short. */
  searchedTo: number | null;
}

export class DeliveryList extends Resource<Listed> {
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
      const older = await readPage(this.#filter, PAGE, present.nextCursor);
      this.set(joined(this.value ?? present, older));
    } finally {
      this.isReadingOlder = false;
    }
  }

  /** As many as there were, anew; what lies further back than one page reaches stands as it was read. */
  async #newest(): Promise<Listed> {
    const limit = Math.min(Math.max(this.value?.items.length ?? 0, PAGE), PAGE_MAX);
    const fresh = await readPage(this.#filter, limit);
    // As it is now: older ones may have been read meanwhile.
    const present = this.value;
    if (present === undefined || fresh.nextCursor === null) return fresh;
    // Cursors are positions: the smaller one lies further back.
    if (present.nextCursor !== null && Number(present.nextCursor) >= Number(fresh.nextCursor))
      return fresh;
    const end = fresh.searchedTo ?? fresh.items.at(-1)?.createdAt ?? Number.POSITIVE_INFINITY;
    const older = present.items.filter((one) => one.createdAt <= end);
    return joined(fresh, { ...present, items: older });
  }
}

function joined(present: Listed, older: Listed): Listed {
  const known = new Set(present.items.map((one) => one.id));
  const items = [...present.items, ...older.items.filter((one) => !known.has(one.id))];
  return { ...older, items };
}

async function readPage(filter: Filter, limit: number, cursor?: string): Promise<Listed> {
  const query = {
    ...queryOf(filter, Date.now()),
    limit,
    ...(cursor === undefined ? {} : { cursor }),
  };
  return ask(api.GET('/api/deliveries', { params: { query } }));
}

/** How many deliveries fit, as far as one request looks. */
export function countOf(filter: Filter): Resource<CountView> {
  return new Resource(async () => {
    const query = queryOf(filter, Date.now());
    return ask(api.GET('/api/deliveries/count', { params: { query } }));
  });
}

export interface Whole {
  delivery: DeliveryDetail;
  event: EventDetail;
}

/** A delivery with its attempts, and the event that it carries. */
export function wholeDelivery(id: string): Resource<Whole> {
  return new Resource(async () => {
    const asked = api.GET('/api/deliveries/{reference}', { params: { path: { reference: id } } });
    // The client's types take the pairs of a list of headers for lists of any length.
    const delivery = (await ask(asked)) as DeliveryDetail;
    const path = { reference: delivery.eventId };
    const event = await ask(api.GET('/api/events/{reference}', { params: { path } }));
    return { delivery, event };
  });
}
