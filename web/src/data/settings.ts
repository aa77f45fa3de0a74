/** Settings, tokens and sessions: as they are, and what a person can do with them. */
import { all, api, ask } from '../api/client';
import type { MadeToken, SessionView, SettingView, TokenScope, TokenView } from '../api/schema';
import { tell } from '../lib/news.svelte';
import { valueWords } from '../lib/settings';
import { act } from './actions';
import { Resource } from './resource.svelte';

export const settings = new Resource<readonly SettingView[]>(
  async () => (await ask(api.GET('/api/settings'))).items,
  ['settings_update'],
);

// Of tokens and sessions the stream tells nothing.
export const tokens = new Resource<readonly TokenView[]>(
  () => all((query) => api.GET('/api/tokens', { params: { query } })),
  [],
);

export const sessions = new Resource<readonly SessionView[]>(
  () => all((query) => api.GET('/api/sessions', { params: { query } })),
  [],
);

/** Store a value as it was typed. Throws Trouble, with what the daemon says to it. */
export async function setSetting(key: string, value: string | boolean): Promise<void> {
  const path = { key };
  const set = await ask(api.PATCH('/api/settings/{key}', { params: { path }, body: { value } }));
  const holds = set.inForce === set.value ? 'is now' : 'is, from the next start,';
  tell(`\`${key}\` ${holds} ${valueWords(set, set.value)}.`, { isGood: true });
  await settings.refresh();
}

export function resetSetting(key: string): Promise<void> {
  return act(async () => {
    const path = { key };
    const set = await ask(api.DELETE('/api/settings/{key}', { params: { path } }));
    return { words: `\`${key}\` is ${valueWords(set, set.value)} again.`, isGood: true };
  });
}

/** Make a token. The answer is the only place that it is in. Throws Trouble. */
export async function makeToken(name: string, scope: TokenScope): Promise<MadeToken> {
  const body = name === '' ? { scope } : { name, scope };
  const made = await ask(api.POST('/api/tokens', { body }));
  await tokens.refresh();
  return made;
}

export function revokeToken(token: TokenView): Promise<void> {
  return act(async () => {
    const path = { reference: String(token.id) };
    await ask(api.DELETE('/api/tokens/{reference}', { params: { path } }));
    return { words: `${token.name} is revoked.`, isGood: true };
  });
}

/** Sign another browser out. */
export function endSession(session: SessionView): Promise<void> {
  return act(async () => {
    const path = { reference: String(session.id) };
    await ask(api.DELETE('/api/sessions/{reference}', { params: { path } }));
    return { words: `${session.browser} is signed out.`, isGood: true };
  });
}
