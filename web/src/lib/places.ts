/** The pages that the navigation leads to, in its order. A new page is one line here and one in `App.svelte`. */
import type { IconName } from '../parts/Icon.svelte';

export interface Place {
  readonly path: string;
  readonly name: string;
  readonly icon: IconName;
  /** Another page that stands beside it. */
  readonly beside?: string;
  /** It stands in the bar of a narrow screen, which has room for four; the others are behind "More" there. */
  readonly isFirst?: boolean;
}

export const PLACES: readonly Place[] = [
  { path: '/', name: 'Overview', icon: 'overview', isFirst: true },
  { path: '/activity', name: 'Activity', icon: 'activity', isFirst: true },
  { path: '/agents', name: 'Agents', icon: 'agents', beside: '/notifications', isFirst: true },
  { path: '/servers', name: 'Servers', icon: 'server', isFirst: true },
  { path: '/wake', name: 'Wake', icon: 'wake' },
  { path: '/peers', name: 'Peers', icon: 'peers' },
  { path: '/targets', name: 'Targets', icon: 'target' },
  { path: '/live', name: 'Live', icon: 'live' },
  { path: '/settings', name: 'Settings', icon: 'settings' },
];
