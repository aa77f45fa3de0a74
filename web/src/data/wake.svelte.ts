/** The wake schedule: as it is, and what a person can do with it. Hours are switched one at a time (`lib/toggles`). */
import { api, ask, troubleOf } from '../api/client';
import type { AccountChecked, AccountInput, AccountView, WakeView } from '../api/schema';
import { tell } from '../lib/news.svelte';
import { type Change, QUIET, type Signal, step } from '../lib/toggles';
import { hourName } from '../lib/wake';
import { listed } from '../lib/words';
import { feed } from '../live/feed.svelte';
import { act } from './actions';
import { Resource, refreshAll } from './resource.svelte';

export const wake: Resource<WakeView> = new Resource(readWake, [
  'wake_update',
  'delivery_update',
  'settings_update',
  'source_update',
]);

class Hours {
  /** What was clicked and is not confirmed yet. */
  toggles = $state.raw(QUIET);

  toggle(hour: number, isOn: boolean): void {
    this.signal({ is: 'click', hour, isOn });
  }

  /** `came`: what the daemon answered. Whether that holds. */
  signal(signal: Signal, came?: WakeView): boolean {
    const { state, effects } = step(this.toggles, signal);
    this.toggles = state;
    for (const effect of effects) {
      if (effect.do === 'send') void this.#send(effect.change);
      else if (effect.do === 'read') void wake.refresh();
      else if (came !== undefined) wake.set(came);
    }
    return effects.some((effect) => effect.do === 'show');
  }

  async #send({ hour, isOn }: Change): Promise<void> {
    try {
      // What was clicked is an hour of the zone that is shown, whatever the daemon's own is by now.
      const timeZone = isOn ? wake.value?.timeZone : undefined;
      const body = { hour, action: isOn ? 'on' : 'off', timeZone } as const;
      this.signal({ is: 'answered' }, await ask(api.POST('/api/wake-schedule/toggle', { body })));
    } catch (error) {
      const { what, advice } = troubleOf(error);
      this.signal({ is: 'refused' });
      tell(`${hourName(hour)} was not switched. ${what} ${advice}`.trim(), { isGood: false });
    }
  }
}

export const hours = new Hours();
feed.on(['wake_update'], () => hours.signal({ is: 'news' }));
feed.onSync(() => hours.signal({ is: 'news' }));

/** One that came too late leaves what is known. */
async function readWake(): Promise<WakeView> {
  const { turn } = hours.toggles;
  const came = await ask(api.GET('/api/wake-schedule'));
  return hours.signal({ is: 'read', turn }, came) ? came : (wake.value ?? came);
}

/** Wake every account at once, whatever is marked. */
export function wakeNow(): Promise<void> {
  return act(async () => {
    const run = await ask(api.POST('/api/wake-schedule/wake', { body: {} }));
    return {
      words: `${listed(run.accounts)} ${run.accounts.length === 1 ? 'is' : 'are'} being asked.`,
      isGood: true,
    };
  });
}

/** Add an account. Throws Trouble. */
export async function addAccount(body: AccountInput): Promise<AccountView> {
  const added = await ask(api.POST('/api/wake-schedule/accounts', { body }));
  tell(`${added.label} is added.`, { isGood: true });
  await refreshAll();
  return added;
}

/** Ask it now, as a wake would. Throws Trouble. */
export function checkAccount({ id }: AccountView): Promise<AccountChecked> {
  const path = { reference: String(id) };
  return ask(api.POST('/api/wake-schedule/accounts/{reference}/check', { params: { path } }));
}

export function removeAccount({ id, label }: AccountView): Promise<void> {
  return act(async () => {
    const path = { reference: String(id) };
    await ask(api.DELETE('/api/wake-schedule/accounts/{reference}', { params: { path } }));
    return { words: `${label} is removed, with its secrets.`, isGood: true };
  });
}
