/** Managed servers: pages of one file. */
export { default as Server } from '../pages/Server.svelte';
export { default as Servers } from '../pages/Servers.svelte';
