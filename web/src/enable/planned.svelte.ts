/** What the daemon says to a draft: asked a moment after each change, of which only the last counts. */
import { api, ask, type Trouble, troubleOf } from '../api/client';
import type { PlanView, PreviewView, SourceView, TargetView } from '../api/schema';
import type { Draft } from './draft.svelte';

const WAIT_MS = 350;

/** An answer that follows what it is asked about. */
export class Answer<T> {
  value = $state.raw<T>();
  trouble = $state.raw<Trouble>();
  isAsking = $state(false);
  #turn = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Ask a moment from now, and only if nothing else is asked until then. */
  ask(read: () => Promise<T>, { isAtOnce = false } = {}): void {
    this.#turn += 1;
    const turn = this.#turn;
    this.isAsking = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#read(turn, read), isAtOnce ? 0 : WAIT_MS);
  }

  async #read(turn: number, read: () => Promise<T>): Promise<void> {
    try {
      const value = await read();
      if (turn !== this.#turn) return;
      this.value = value;
      this.trouble = undefined;
    } catch (error) {
      if (turn !== this.#turn) return;
      this.value = undefined;
      this.trouble = troubleOf(error);
    }
    this.isAsking = false;
  }
}

/** What would leave, where and when. Without `isSampled` the source is left unread. Throws Trouble. */
export async function plan(
  draft: Draft,
  source: SourceView,
  target: TargetView | undefined,
  { isSampled }: { isSampled: boolean },
): Promise<PlanView> {
  const query = { sample: isSampled };
  // The client's types take the pairs of a list of headers for lists of any length.
  if (draft.binding !== undefined) {
    const path = { reference: String(draft.binding.id) };
    const asked = api.POST('/api/bindings/{reference}/plan', {
      params: { path, query },
      body: draft.patch(source),
    });
    return (await ask(asked)) as PlanView;
  }
  if (target === undefined) throw new Error('There is no target yet.');
  const body = draft.input(source, target);
  return (await ask(api.POST('/api/bindings/plan', { params: { query }, body }))) as PlanView;
}

/** The source's data as the draft's switches would let it out; what is sensitive is masked. Throws Trouble. */
export function preview(draft: Draft, source: SourceView): Promise<PreviewView> {
  const path = { reference: String(source.id) };
  const body = { properties: { ...draft.wanted }, preset: draft.preset };
  return ask(api.POST('/api/sources/{reference}/preview', { params: { path }, body }));
}
