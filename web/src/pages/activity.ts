/** What happened: pages of one file. */
export { default as Activity } from './Activity.svelte';
export { default as Events } from './Events.svelte';
