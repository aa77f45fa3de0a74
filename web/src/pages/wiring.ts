/** What goes where: pages of one file. */
export { default as EditBinding } from './EditBinding.svelte';
export { default as Enable } from './Enable.svelte';
export { default as Target } from './Target.svelte';
export { default as Targets } from './Targets.svelte';
