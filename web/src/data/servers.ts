/** Managed servers: as they are, and what a person can do with them. */
import { api, ask, troubleOf } from '../api/client';
import type { ServerInput, ServerPatch, ServerSession, ServerView } from '../api/schema';
import { tell } from '../lib/news.svelte';
import { act } from './actions';
import { Resource, refreshAll } from './resource.svelte';

const FIGURES_EVERY_MS = 5_000;

export const servers = new Resource<readonly ServerView[]>(
  async () => (await ask(api.GET('/api/servers'))).items,
  ['server_update', 'session_update'],
);

/** The sessions of one server. */
export function sessionsOf(name: string): Resource<readonly ServerSession[]> {
  return new Resource(
    async () => (await ask(api.GET('/api/servers/{name}/sessions', named(name)))).items,
    ['server_update', 'session_update', 'agent_update'],
  );
}

/** To be called in an effect: what no entry of the live feed tells, figures, is read while somebody looks. */
export function followFigures(): () => void {
  const timer = setInterval(() => {
    if (!document.hidden && !servers.isReading) void servers.refresh();
  }, FIGURES_EVERY_MS);
  return () => clearInterval(timer);
}

export function startServer(name: string): Promise<void> {
  return act(async () => {
    await ask(api.POST('/api/servers/{name}/start', named(name)));
    return { words: `${name} is being started.`, isGood: true };
  });
}

export function stopServer(name: string): Promise<void> {
  return act(async () => {
    await ask(api.POST('/api/servers/{name}/stop', named(name)));
    return { words: `${name} is being stopped.`, isGood: true };
  });
}

export function restartServer(name: string): Promise<void> {
  return act(async () => {
    await ask(api.POST('/api/servers/{name}/restart', named(name)));
    return { words: `${name} is being restarted.`, isGood: true };
  });
}

/** Define one. Returns its name. Throws Trouble. */
export async function addServer(body: ServerInput): Promise<string> {
  const { name } = await ask(api.POST('/api/servers', { body }));
  await servers.refresh();
  return name;
}

/** Throws Trouble. */
export async function editServer(name: string, body: ServerPatch): Promise<void> {
  await ask(api.PATCH('/api/servers/{name}', { ...named(name), body }));
  await servers.refresh();
}

/** Whether it is done; why not is told. */
export async function removeServer(name: string): Promise<boolean> {
  try {
    await ask(api.DELETE('/api/servers/{name}', named(name)));
    tell(`${name} is removed.`, { isGood: true });
    await refreshAll();
    return true;
  } catch (error) {
    const trouble = troubleOf(error);
    tell(`${trouble.what} ${trouble.advice}`.trim(), { isGood: false });
    return false;
  }
}

/** End a session of a server. */
export function disconnect(
  name: string,
  session: Pick<ServerSession, 'id' | 'title'>,
): Promise<void> {
  return act(async () => {
    const path = { name, session_id: session.id };
    await ask(api.DELETE('/api/servers/{name}/sessions/{session_id}', { params: { path } }));
    return { words: `The session ${session.title || session.id} is ended.`, isGood: true };
  });
}

const named = (name: string) => ({ params: { path: { name } } });
