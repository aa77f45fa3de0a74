/** Deliveries, newest first, as far back as someone has asked; and one of them, whole. */
import { api, ask } from '../api/client';
import type { DeliveryDetail, DeliveryView, EventDetail, ReportedStatus } from '../api/schema';
import { Resource } from './resource.svelte';

export const PAGE = 50;
const PAGE_MAX = 500;

export interface Filter {
  status?: ReportedStatus;
  source?: string;
  target?: string;
  type?: string;
}

export interface Listed {
  items: readonly DeliveryView[];
  nextCursor: string | null;
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

  /** As many as there were, anew; beyond the largest page, what was read before stands. */
  async #newest(): Promise<Listed> {
    const present = this.value;
    const limit = Math.min(Math.max(present?.items.length ?? 0, PAGE), PAGE_MAX);
    const fresh = await readPage(this.#filter, limit);
    const last = fresh.items.at(-1);
    if (present === undefined || last === undefined || present.items.length <= PAGE_MAX)
      return fresh;
    const place = present.items.findIndex((one) => one.id === last.id);
    if (place < 0) return fresh;
    return {
      items: [...fresh.items, ...present.items.slice(place + 1)],
      nextCursor: present.nextCursor,
    };
  }
}

function joined(present: Listed, older: Listed): Listed {
  const known = new Set(present.items.map((one) => one.id));
  const items = [...present.items, ...older.items.filter((one) => !known.has(one.id))];
  return { items, nextCursor: older.nextCursor };
}

async function readPage(filter: Filter, limit: number, cursor?: string): Promise<Listed> {
  const query = { ...filter, limit, ...(cursor === undefined ? {} : { cursor }) };
  return ask(api.GET('/api/deliveries', { params: { query } }));
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
