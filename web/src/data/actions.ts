/** What a person can do here. Each says how it went, aloud and in sight, and has everything shown read again. */
import { api, ask, troubleOf } from '../api/client';
import type { BulkView, GapView, PushedView, TriedView } from '../api/schema';
import { tell } from '../lib/news.svelte';
import { counted, skippedWords } from '../lib/words';
import { refreshAll } from './resource.svelte';
import { session } from './session.svelte';

type Said = { words: string; isGood: boolean };

/** Read a source now and send what it says. */
export function push(source: { id: number; name: string }): Promise<void> {
  const path = { reference: String(source.id) };
  return act(async () =>
    pushed(source.name, await ask(api.POST('/api/sources/{reference}/push', { params: { path } }))),
  );
}

/** Make a run after all that was not made when its time came. */
export function runGap(gap: GapView): Promise<void> {
  const path = { reference: String(gap.id) };
  return act(async () =>
    pushed(gap.source, await ask(api.POST('/api/gaps/{reference}/run', { params: { path } }))),
  );
}

/** Check a target and, where that passes, let what waits go. */
export function reconnect(target: { id: number; name: string }): Promise<void> {
  const path = { reference: String(target.id) };
  return act(async () =>
    tried(
      target.name,
      await ask(api.POST('/api/targets/{reference}/reconnect', { params: { path } })),
    ),
  );
}

/** End a pause that a person began. */
export function resume(target: { id: number; name: string }): Promise<void> {
  const path = { reference: String(target.id) };
  return act(async () =>
    tried(
      target.name,
      await ask(api.POST('/api/targets/{reference}/resume', { params: { path } })),
    ),
  );
}

export function replay(id: string): Promise<void> {
  return act(async () =>
    bulk(
      await ask(api.POST('/api/deliveries/replay', { body: { ids: [id] } })),
      'It is being sent.',
    ),
  );
}

export function dismiss(id: string): Promise<void> {
  return act(async () =>
    bulk(
      await ask(api.POST('/api/deliveries/dismiss', { body: { ids: [id] } })),
      'Dismissed. It will not be sent unless you replay it.',
    ),
  );
}

/** End this browser's session. */
export async function signOut(): Promise<void> {
  try {
    await ask(
      api.DELETE('/api/sessions/{reference}', { params: { path: { reference: 'current' } } }),
    );
    session.left();
  } catch (error) {
    const trouble = troubleOf(error);
    if (session.state !== 'out') tell(`${trouble.what} ${trouble.advice}`, { isGood: false });
  }
}

export async function act(work: () => Promise<Said>): Promise<void> {
  try {
    const { words, isGood } = await work();
    tell(words, { isGood });
  } catch (error) {
    const trouble = troubleOf(error);
    tell(`${trouble.what} ${trouble.advice}`.trim(), { isGood: false });
  }
  await refreshAll();
}

function pushed(name: string, result: PushedView): Said {
  if (result.deliveries === 0) {
    return {
      words: result.note || `${name} was read. Nothing is bound to it, so nothing is sent.`,
      isGood: false,
    };
  }
  return {
    words: `${name} was read; ${counted(result.deliveries, 'delivery is', 'deliveries are')} on the way.`,
    isGood: true,
  };
}

function tried(name: string, result: TriedView): Said {
  if (!result.ok) {
    const why = result.diagnosis
      ? `${result.diagnosis.what} ${result.diagnosis.advice}`
      : (result.error ?? '');
    return { words: `${name} stays paused. ${why}`.trim(), isGood: false };
  }
  const waiting =
    result.resumed > 0
      ? ` ${counted(result.resumed, 'delivery goes', 'deliveries go')} now, a few at a time.`
      : '';
  return { words: `${name} is connected.${waiting}`, isGood: true };
}

function bulk(result: BulkView, words: string): Said {
  const skipped = result.skipped[0];
  if (result.changed > 0 || skipped === undefined) return { words, isGood: true };
  return { words: `Nothing was changed: ${skippedWords(skipped.reason)}`, isGood: false };
}
