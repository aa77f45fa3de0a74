/** Servers, wake-ups and peers in one line each, for the overview. Pure. */
import type { PeerList, ServerView, SourceStatus, WakeView } from '../api/schema';
import { onlineWords } from './peers';
import { saidOf, sorted, tallyWords } from './servers';
import { lastWords, nextWords } from './wake';
import type { Lamp } from './words';

export interface Glance {
  readonly path: string;
  readonly name: string;
  readonly lamp: Lamp;
  readonly lines: readonly string[];
}

/** The source that a feature stands on, where it is in use. */
export const usedSource = (
  sources: readonly SourceStatus[],
  kind: 'servers' | 'wake-schedule' | 'peers',
): SourceStatus | undefined => sources.find((one) => one.kind === kind && one.isEnabled);

/** The worst of them gives the lamp; undefined where there is none. */
export function serversGlance(servers: readonly ServerView[]): Glance | undefined {
  const worst = sorted(servers)[0];
  if (worst === undefined) return undefined;
  return {
    path: '/servers',
    name: 'Servers',
    lamp: saidOf(worst).lamp,
    lines: [tallyWords(servers)],
  };
}

/** When the next wake is, and how the last one went; undefined where there is nobody to wake. */
export function wakeGlanceOf(view: WakeView, now: number): Glance | undefined {
  if (view.accounts.length === 0) return undefined;
  const last = view.lastWake && lastWords(view.lastWake, now);
  const lines = [nextWords(view, now)];
  if (last) lines.push(`Last wake ${last.words}.`.replace(/([.!?])\.$/, '$1'));
  return { path: '/wake', name: 'Wake', lamp: last?.lamp ?? 'grey', lines };
}

/** How many are online; undefined where peers are off, or nobody was ever heard. */
export function peersGlanceOf(list: PeerList): Glance | undefined {
  if (!list.isOn || list.items.length === 0) return undefined;
  const lamp = list.online > 0 ? 'green' : 'grey';
  return { path: '/peers', name: 'Peers', lamp, lines: [`${onlineWords(list)}.`] };
}
