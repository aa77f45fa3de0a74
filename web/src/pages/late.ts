/**
 * The pages that are loaded when one of them is first opened. Pages that share most of what they are made of come in one
 * file: a file for each would be more to load in all.
 */
import type { Component } from 'svelte';

type Nothing = Record<string, never>;

/** What loads a page. A second call answers from what the browser has. */
export type Late<Props extends object> = () => Promise<Component<Props>>;

const activity = () => import('./activity');
const agents = () => import('../agents/pages');
const servers = () => import('../servers/pages');
const wiring = () => import('./wiring');

export const Activity: Late<{ id: string | undefined }> = async () => (await activity()).Activity;
export const Events: Late<{ id: string | undefined }> = async () => (await activity()).Events;
export const Agent: Late<{ id: string }> = async () => (await agents()).Agent;
export const Agents: Late<Nothing> = async () => (await agents()).Agents;
export const Notifications: Late<Nothing> = async () => (await agents()).Notifications;
export const Peers: Late<Nothing> = async () => (await import('./Peers.svelte')).default;
export const Server: Late<{ name: string }> = async () => (await servers()).Server;
export const Servers: Late<{ isAdding: boolean }> = async () => (await servers()).Servers;
export const EditBinding: Late<{ id: string }> = async () => (await wiring()).EditBinding;
export const Enable: Late<{ name: string | undefined }> = async () => (await wiring()).Enable;
export const Target: Late<{ id: string }> = async () => (await wiring()).Target;
export const Targets: Late<{ isAdding: boolean }> = async () => (await wiring()).Targets;
export const Live: Late<Nothing> = async () => (await import('./Live.svelte')).default;
export const Settings: Late<Nothing> = async () => (await import('./Settings.svelte')).default;
export const Wake: Late<Nothing> = async () => (await import('./Wake.svelte')).default;
