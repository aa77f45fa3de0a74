/** Targets: as they are, and what a person can do with them. */
import { all, api, ask, troubleOf } from '../api/client';
import type {
  BindingView,
  BoundEndpoint,
  TargetHealth,
  TargetKindView,
  TargetStatus,
  TargetView,
  TriedView,
  Waiting,
} from '../api/schema';
import { tell } from '../lib/news.svelte';
import { counted, listed } from '../lib/words';
import { act } from './actions';
import { Resource, refreshAll } from './resource.svelte';

export interface Targets {
  targets: readonly TargetStatus[];
  /** Those that go when nothing waits for them any more. */
  leaving: ReadonlySet<number>;
}

export const targets = new Resource<Targets>(async () => {
  const [status, views] = await Promise.all([
    ask(api.GET('/api/status')),
    all((query) => api.GET('/api/targets', { params: { query } })),
  ]);
  return {
    targets: status.targets,
    leaving: new Set(views.filter((one) => one.removedAt !== null).map((one) => one.id)),
  };
});

/** What can be connected; it changes with the version only. */
export const kinds = new Resource<readonly TargetKindView[]>(
  async () => (await ask(api.GET('/api/target-kinds'))).items,
);

export interface WholeTarget {
  target: TargetView;
  health: TargetHealth;
  endpoints: readonly BoundEndpoint[];
  bindings: readonly BindingView[];
  status: TargetStatus | undefined;
}

/** One target with all that is known of it. */
export function wholeTarget(id: string): Resource<WholeTarget> {
  return new Resource(async () => {
    const params = { path: { reference: id } };
    const [target, health, endpoints, bindings, status] = await Promise.all([
      ask(api.GET('/api/targets/{reference}', { params })),
      readHealth(id),
      ask(api.GET('/api/targets/{reference}/endpoints', { params })),
      all((query) => api.GET('/api/bindings', { params: { query: { ...query, target: id } } })),
      ask(api.GET('/api/status')),
    ]);
    return {
      target,
      health,
      endpoints: endpoints.items,
      bindings,
      status: status.targets.find((one) => one.id === target.id),
    };
  });
}

interface Named {
  readonly id: number;
  readonly name: string;
}

/** Ask whether it would take a delivery. */
export function testTarget(target: Named): Promise<void> {
  return act(async () => {
    const tried: TriedView = await ask(api.POST('/api/targets/{reference}/test', of(target)));
    if (tried.ok) return { words: `${target.name} answered as it should.`, isGood: true };
    const why = tried.diagnosis
      ? `${tried.diagnosis.what} ${tried.diagnosis.advice}`
      : (tried.error ?? '');
    return { words: `${target.name} did not pass. ${why}`.trim(), isGood: false };
  });
}

export function pauseTarget(target: Named): Promise<void> {
  return act(async () => {
    await ask(api.POST('/api/targets/{reference}/pause', of(target)));
    return { words: `${target.name} is paused. What comes meanwhile waits.`, isGood: true };
  });
}

/** Make a signing secret that signs beside the present one. Throws Trouble. */
export async function rotateSecret(target: Named): Promise<string> {
  const made = await ask(api.POST('/api/targets/{reference}/rotate-secret', of(target)));
  await refreshAll();
  return made.secret;
}

/** What a removal came to. A number: so many deliveries wait, and nobody said what becomes of them. */
export type Removed = 'done' | 'failed' | number;

export function removeTarget(target: Named, waiting: Waiting): Promise<Removed> {
  const path = { reference: String(target.id) };
  return removing(target.name, waiting, () =>
    ask(api.DELETE('/api/targets/{reference}', { params: { path, query: { waiting } } })),
  );
}

export function removeBinding(binding: BindingView, waiting: Waiting): Promise<Removed> {
  const path = { reference: String(binding.id) };
  return removing(`The binding from ${binding.source}`, waiting, () =>
    ask(api.DELETE('/api/bindings/{reference}', { params: { path, query: { waiting } } })),
  );
}

/** Ask the target which addresses it has. */
export function refreshEndpoints(target: Named): Promise<void> {
  return act(async () => {
    const done = await ask(api.POST('/api/targets/{reference}/endpoints/refresh', of(target)));
    const parts = [
      done.added.length > 0 ? `New: ${listed(done.added)}.` : '',
      done.gone.length > 0 ? `Gone: ${listed(done.gone)}.` : '',
      done.missed.length > 0 ? `No longer there, but still bound: ${listed(done.missed)}.` : '',
    ].filter(Boolean);
    return {
      words: parts.length > 0 ? parts.join(' ') : `${target.name} has nothing new.`,
      isGood: done.missed.length === 0,
    };
  });
}

/** Name a further address. Throws Trouble. */
export async function addEndpoint(
  target: Named,
  name: string,
  settings: Record<string, unknown>,
): Promise<void> {
  const params = { path: { reference: String(target.id) } };
  const body = { name, settings };
  await ask(api.POST('/api/targets/{reference}/endpoints', { params, body }));
  tell(`${target.name} has the endpoint ${name} now.`, { isGood: true });
  await refreshAll();
}

export function removeEndpoint(target: Named, endpoint: BoundEndpoint): Promise<void> {
  return act(async () => {
    const path = { reference: String(target.id), endpoint: String(endpoint.id) };
    await ask(api.DELETE('/api/targets/{reference}/endpoints/{endpoint}', { params: { path } }));
    return { words: `${endpoint.name} is removed.`, isGood: true };
  });
}

const of = (target: Named) => ({ params: { path: { reference: String(target.id) } } });

function readHealth(id: string | number): Promise<TargetHealth> {
  const path = { reference: String(id) };
  return ask(api.GET('/api/targets/{reference}/health', { params: { path } }));
}

async function removing(
  name: string,
  waiting: Waiting,
  remove: () => Promise<{ waiting: number }>,
): Promise<Removed> {
  try {
    const done = await remove();
    const left = counted(done.waiting, 'delivery', 'deliveries');
    const words =
      done.waiting === 0
        ? `${name} is removed.`
        : waiting === 'deliver'
          ? `${name} takes nothing new, and is gone when ${left} ${done.waiting === 1 ? 'has' : 'have'} been delivered.`
          : `${name} is removed, and ${left} dismissed.`;
    tell(words, { isGood: true });
    return 'done';
  } catch (error) {
    const trouble = troubleOf(error);
    if (trouble.more.waiting !== undefined) return trouble.more.waiting;
    tell(`${trouble.what} ${trouble.advice}`.trim(), { isGood: false });
    await refreshAll();
    return 'failed';
  }
}
