/** The names of sources and targets, to choose from. */
import { all, api } from '../api/client';
import { Resource } from './resource.svelte';

export interface Names {
  sources: readonly string[];
  targets: readonly string[];
}

export const names = new Resource<Names>(readNames, ['source_update', 'settings_update']);

async function readNames(): Promise<Names> {
  const [sources, targets] = await Promise.all([
    all((query) => api.GET('/api/sources', { params: { query } })),
    all((query) => api.GET('/api/targets', { params: { query } })),
  ]);
  return { sources: sources.map((one) => one.name), targets: targets.map((one) => one.name) };
}
