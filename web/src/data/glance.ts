/** What the overview tells of other pages: read as seldom as it changes, whatever is being delivered meanwhile. */
import { api, ask } from '../api/client';
import type { PeerList, WakeView } from '../api/schema';
import { Resource } from './resource.svelte';

export const wakeGlance = new Resource<WakeView>(
  () => ask(api.GET('/api/wake-schedule')),
  ['wake_update'],
);

export const peersGlance = new Resource<PeerList>(
  () => ask(api.GET('/api/peers')),
  ['peer_update'],
);
