/** How much was delivered and how quickly, by the clock. */
import { api, ask } from '../api/client';
import type { ThroughputView, ThroughputWindow } from '../api/schema';
import { Resource } from './resource.svelte';

export const throughput: Record<ThroughputWindow, Resource<ThroughputView>> = {
  hour: new Resource(() => read('hour')),
  day: new Resource(() => read('day')),
};

const read = (window: ThroughputWindow): Promise<ThroughputView> =>
  ask(api.GET('/api/throughput', { params: { query: { window } } }));
