/** The board of coding agents: all of them in one read, again whenever one has moved on. */
import { api, ask } from '../api/client';
import type { AgentView } from '../api/schema';
import { Resource } from './resource.svelte';

export const agents = new Resource<readonly AgentView[]>(
  async () => (await ask(api.GET('/api/agents'))).items,
  ['agent_update'],
);
