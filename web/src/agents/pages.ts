/** Agents and what is told of them: pages of one file. */
export { default as Agent } from '../pages/Agent.svelte';
export { default as Agents } from '../pages/Agents.svelte';
export { default as Notifications } from '../pages/Notifications.svelte';
