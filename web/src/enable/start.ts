/** A binding is made, changed or ended here; and its first read. Each throws Trouble. */
import { api, ask, troubleOf } from '../api/client';
import type { BindingView, PushedView, SourceView, TargetView } from '../api/schema';
import { tell } from '../lib/news.svelte';
import type { Draft } from './draft.svelte';

/** Make the binding; a snapshot is read for it at once, so that its first delivery can be watched. */
export async function start(
  draft: Draft,
  source: SourceView,
  target: TargetView,
): Promise<BindingView> {
  const body = draft.input(source, target);
  const made = await ask(api.POST('/api/bindings', { body }));
  if (source.shape === 'snapshot') void firstRun(made);
  return made;
}

export async function change(draft: Draft, source: SourceView): Promise<void> {
  if (draft.binding === undefined) return;
  const path = { reference: String(draft.binding.id) };
  const body = draft.patch(source);
  await ask(api.PATCH('/api/bindings/{reference}', { params: { path }, body }));
  tell(`What ${source.name} sends to ${draft.binding.target} is changed.`, { isGood: true });
}

/** Read the source for this binding alone, and send what it says. */
export function run(binding: BindingView): Promise<PushedView> {
  const path = { reference: String(binding.id) };
  return ask(api.POST('/api/bindings/{reference}/run', { params: { path } }));
}

async function firstRun(binding: BindingView): Promise<void> {
  try {
    const pushed = await run(binding);
    if (pushed.deliveries === 0)
      tell(`${pushed.note} It is sent when there is something.`, { isGood: true });
  } catch (error) {
    const { what, advice } = troubleOf(error);
    tell(`${what} ${advice}`.trim(), { isGood: false });
  }
}
