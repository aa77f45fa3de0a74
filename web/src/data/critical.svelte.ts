/**
 * Critical entries: what this browser is owed until its person has said that it is seen. The daemon keeps the account;
 * here is what it says, read when the page begins and whenever the live feed may have missed something.
 */
import { api, ask, troubleOf } from '../api/client';
import type { LiveEntry } from '../api/schema';
import { tellOf } from '../lib/live_words';
import { newsroom, tell } from '../lib/news.svelte';
import { clientId } from '../live/client_id';
import { feed } from '../live/feed.svelte';

const CHANNEL = 'posthouse-critical';
const ANNOUNCED = 'posthouse-announced';

class Critical {
  /** In the order in which they happened. */
  items = $state.raw<readonly LiveEntry[]>([]);
  /** How many there are; more than `items` where one notice stands for all. */
  owed = $state(0);
  #turn = 0;
  #seen = new Set<string>();
  #announced = new Set(announcedBefore());
  #channel = new BroadcastChannel(CHANNEL);

  constructor() {
    this.#channel.onmessage = ({ data }: MessageEvent<string[]>) => this.#drop(data);
  }

  /** To be called in an effect: follows what is owed until the effect ends. */
  follow(): () => void {
    void this.refresh();
    return feed.onSync(() => void this.refresh());
  }

  async refresh(): Promise<void> {
    this.#turn += 1;
    const turn = this.#turn;
    try {
      const query = { client: clientId() };
      const found = await ask(api.GET('/api/live/critical', { params: { query } }));
      if (turn !== this.#turn) return;
      // What was acknowledged while the answer was under way is not shown again.
      this.items = found.items.filter((one) => !this.#seen.has(one.id));
      this.owed = found.owed - (found.items.length - this.items.length);
      this.#announce();
    } catch (error) {
      // What is shown stays; it is asked again as soon as the link is back, and the link's own trouble is told there.
      troubleOf(error);
    }
  }

  /** Say that these were seen. Where the daemon cannot be told, they stay. */
  async acknowledge(ids: readonly string[]): Promise<void> {
    try {
      const body = { client: clientId(), ids: [...ids] };
      await ask(api.POST('/api/live/ack', { body }));
    } catch (error) {
      const trouble = troubleOf(error);
      tell(`${trouble.what} ${trouble.advice} It stays here until then.`, { isGood: false });
      return;
    }
    this.#drop(ids);
    this.#channel.postMessage([...ids]);
    if (this.items.length === 0) await this.refresh();
  }

  #drop(ids: readonly string[]): void {
    for (const id of ids) this.#seen.add(id);
    const left = this.items.filter((one) => !this.#seen.has(one.id));
    this.owed = left.length === 0 ? 0 : this.owed - (this.items.length - left.length);
    this.items = left;
  }

  /** Each is said aloud once, however often the page is loaded while it is owed. */
  #announce(): void {
    const fresh = this.items.filter((one) => !this.#announced.has(one.id));
    const last = fresh.at(-1);
    if (last === undefined) return;
    const words = tellOf(last).words.replaceAll('`', '');
    const others = fresh.length === 1 ? '' : ` And ${fresh.length - 1} more, above.`;
    newsroom.announce(`${words}${others}`, { isUrgent: true });
    this.#announced = new Set(this.items.map((one) => one.id));
    try {
      sessionStorage.setItem(ANNOUNCED, JSON.stringify([...this.#announced]));
    } catch {
      // Storage is switched off: they are said again when the page is loaded again.
    }
  }
}

function announcedBefore(): string[] {
  try {
    const found: unknown = JSON.parse(sessionStorage.getItem(ANNOUNCED) ?? '[]');
    return Array.isArray(found) ? found.filter((one) => typeof one === 'string') : [];
  } catch {
    return [];
  }
}

export const critical = new Critical();
