/** All that the overview tells of, read together. */
import { all, api, ask } from '../api/client';
import type {
  BindingView,
  GapReason,
  GapView,
  HealthView,
  SourceView,
  StatusView,
  TargetHealth,
} from '../api/schema';
import { Resource } from './resource.svelte';

const GAPS_READ = 200;
const GAP_SHOWN_MS = 7 * 24 * 60 * 60 * 1_000;
/** Runs that were made and found nothing to send: nobody needs to do anything about them. */
const MADE: ReadonlySet<GapReason> = new Set(['nothing_new', 'nothing_to_tell']);

export interface Overview {
  status: StatusView;
  health: HealthView;
  sources: ReadonlyMap<number, SourceView>;
  bindings: readonly BindingView[];
  /** Of those targets that are not well. */
  troubled: ReadonlyMap<number, TargetHealth>;
  /** Runs of the last seven days that were not made, and not made up for; newest first. */
  gaps: readonly GapView[];
}

export const overview = new Resource<Overview>(readOverview);

async function readOverview(): Promise<Overview> {
  const [status, health, sources, bindings, gaps] = await Promise.all([
    ask(api.GET('/api/status')),
    ask(api.GET('/api/health')),
    all((query) => api.GET('/api/sources', { params: { query } })),
    all((query) => api.GET('/api/bindings', { params: { query } })),
    ask(api.GET('/api/gaps', { params: { query: { limit: GAPS_READ } } })),
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
    gaps: gaps.items.filter((gap) => isOpen(gap, Date.now())),
  };
}

function isOpen(gap: GapView, now: number): boolean {
  return gap.ranAt === null && gap.lastAt >= now - GAP_SHOWN_MS && !MADE.has(gap.reason);
}
