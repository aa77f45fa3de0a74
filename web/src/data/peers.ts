/** Other machines on the network: who is there, how soon they count as gone, and a word to one of them. */
import { api, ask } from '../api/client';
import type {
  PeerList,
  PeerStatsView,
  PeersConfig,
  PeersConfigPatch,
  PeerView,
} from '../api/schema';
import { moved } from '../lib/peers';
import { feed } from '../live/feed.svelte';
import { act } from './actions';
import { Resource } from './resource.svelte';

const KIND = 'peers';

export const peers = new Resource<PeerList>(
  () => ask(api.GET('/api/peers')),
  ['peer_update', 'source_update'],
);

export const config = new Resource<PeersConfig>(
  () => ask(api.GET('/api/peers/config')),
  ['source_update'],
);

export const stats = new Resource<PeerStatsView>(
  () => ask(api.GET('/api/peers/stats')),
  ['peer_update', 'source_update'],
);

/** To be called in an effect: what the stream says of a peer is shown at once, before the list is read again. */
export function followPeers(): () => void {
  const leave = peers.show();
  const deaf = feed.on(['peer_update'], ({ event }) => {
    if (event.type === 'peer_update' && peers.value !== undefined)
      peers.value = moved(peers.value, event.payload);
  });
  return () => {
    leave();
    deaf();
  };
}

/** Announce this machine on the network, and hear others; or no longer. */
export function switchPeers(isOn: boolean): Promise<void> {
  return act(async () => {
    const params = { path: { reference: KIND } };
    if (isOn) await ask(api.POST('/api/sources/{reference}/enable', { params }));
    else await ask(api.POST('/api/sources/{reference}/disable', { params }));
    const words = isOn
      ? 'Peers is on: this machine is announced on the network.'
      : 'Peers is off: this machine says good-bye, and is announced no more.';
    return { words, isGood: true };
  });
}

/** Store how soon peers count as gone; it holds at once. Throws Trouble. */
export async function saveConfig(body: PeersConfigPatch): Promise<void> {
  config.set(await ask(api.PUT('/api/peers/config', { body })));
  await config.refresh();
}

/** Send a text; what became of it, in words. Throws Trouble. */
export async function sendMessage(to: PeerView, text: string): Promise<string> {
  const sent = await ask(api.POST('/api/peers/messages', { body: { to: to.id, text } }));
  return sent.isConfirmed
    ? `${to.name} has it.`
    : `It was sent. Whether ${to.name} has it is not known: its machine did not confirm it.`;
}
