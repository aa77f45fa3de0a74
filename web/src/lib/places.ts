/** The pages that the navigation leads to, in its order. A new page is one line here and one in `App.svelte`. */
import type { IconName } from '../parts/Icon.svelte';

export interface Place {
  readonly path: string;
  readonly name: string;
  readonly icon: IconName;
}

export const PLACES: readonly Place[] = [
  { path: '/', name: 'Overview', icon: 'overview' },
  { path: '/activity', name: 'Activity', icon: 'activity' },
  { path: '/settings', name: 'Settings', icon: 'settings' },
];
