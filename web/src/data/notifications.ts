/** Notifications: what is told to whom, what became of the latest, and what a person can change. */
import { api, ask } from '../api/client';
import type { NotificationPatch, NotificationsView, RecentNotification } from '../api/schema';
import { act } from './actions';
import { Resource } from './resource.svelte';

const SHOWN = 50;
/** Among so many of the latest, those of one agent are looked for. */
const SEARCHED = 200;

export const notifications = new Resource<NotificationsView>(
  () => ask(api.GET('/api/notifications')),
  ['settings_update'],
);

export const recent = new Resource<readonly RecentNotification[]>(
  () => readRecent(SHOWN),
  ['delivery_update', 'agent_update'],
);

/** The latest notifications of one agent. */
export function recentOf(agentId: string): Resource<readonly RecentNotification[]> {
  return new Resource(
    async () => (await readRecent(SEARCHED)).filter((one) => one.agentId === agentId),
    ['delivery_update', 'agent_update'],
  );
}

async function readRecent(limit: number): Promise<readonly RecentNotification[]> {
  return (await ask(api.GET('/api/notifications/recent', { params: { query: { limit } } }))).items;
}

/** Store changes; shown is what the daemon answers. Throws Trouble. */
export async function saveNotifications(body: NotificationPatch): Promise<void> {
  notifications.set(await ask(api.PUT('/api/notifications', { body })));
  // A read that was under way may hold what was before: this one is newer.
  await notifications.refresh();
}

export function clearToken(): Promise<void> {
  return act(async () => {
    await saveNotifications({ authToken: '' });
    return { words: 'The stored token is cleared.', isGood: true };
  });
}

/** Send a test with what is stored: how the server answered. Throws Trouble, with the words of who refused it. */
export async function testNotifications(): Promise<string> {
  const { status } = await ask(api.POST('/api/notifications/test'));
  return status === null
    ? 'The test was taken.'
    : `The test was taken: the server answered ${status}.`;
}
