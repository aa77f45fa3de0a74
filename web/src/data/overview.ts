/** All that the overview tells of, read together. */
import { all, api, ask } from '../api/client';
import type { BindingView, HealthView, SourceView, StatusView, TargetHealth } from '../api/schema';
import { Resource } from './resource.svelte';

export interface Overview {
  status: StatusView;
  health: HealthView;
  sources: ReadonlyMap<number, SourceView>;
  bindings: readonly BindingView[];
  /** Of those targets that are not well. */
  troubled: ReadonlyMap<number, TargetHealth>;
}

export const overview = new Resource<Overview>(readOverview);

async function readOverview(): Promise<Overview> {
  const [status, health, sources, bindings] = await Promise.all([
    ask(api.GET('/api/status')),
    ask(api.GET('/api/health')),
    all((query) => api.GET('/api/sources', { params: { query } })),
    all((query) => api.GET('/api/bindings', { params: { query } })),
  ]);
  const unwell = status.targets.filter((target) => target.health.state !== 'ok');
  const troubled = await Promise.all(
    unwell.map(async ({ id }) => {
      const path = { reference: String(id) };
      return [
        id,
        await ask(api.GET('/api/targets/{reference}/health', { params: { path } })),
      ] as const;
    }),
  );
  return {
    status,
    health,
    sources: new Map(sources.map((source) => [source.id, source])),
    bindings,
    troubled: new Map(troubled),
  };
}
