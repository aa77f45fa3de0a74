/** The board of agents as people look at it: who waits for them, and who works for whom. Pure. */
import type { AgentState, AgentView, PromptView } from '../api/schema';
import { counted, listed, type Said } from './words';

const TAG_CHARACTERS = 8;

/** The most urgent first. */
export const STATES: Record<AgentState, Said> = {
  waiting: { lamp: 'orange', words: 'Waiting for you' },
  failed: { lamp: 'red', words: 'Failed' },
  working: { lamp: 'green', words: 'Working' },
  idle: { lamp: 'grey', words: 'Idle' },
  ended: { lamp: 'grey', words: 'Ended' },
};
const RANKS = Object.keys(STATES) as AgentState[];

/** An agent with those that work for it. */
export interface Branch {
  /** Of one machine, since two may have agents of one id. */
  readonly key: string;
  readonly agent: AgentView;
  /** Subagents that have not ended, or for which one works that has not. */
  readonly open: readonly Branch[];
  readonly ended: readonly Branch[];
}

export interface Board {
  readonly open: readonly Branch[];
  readonly ended: readonly Branch[];
}

/** What an agent waits for: a permission, or, without one, a word of its person. */
export interface Asking {
  readonly key: string;
  readonly agent: AgentView;
  readonly prompt: PromptView | null;
  readonly since: number;
}

export const keyOf = (agent: Pick<AgentView, 'machine' | 'id'>): string =>
  JSON.stringify([agent.machine, agent.id]);

/** What messages call it by. */
export const tagOf = (id: string): string => id.slice(0, TAG_CHARACTERS);

export const nameOf = (agent: Pick<AgentView, 'id' | 'title' | 'project' | 'tool'>): string =>
  agent.title || agent.project || agent.tool || tagOf(agent.id);

/** Its place in the dashboard. The machine is told only where an id alone names several. */
export function agentPath(agent: AgentView, all: readonly AgentView[]): string {
  const path = `/agents/${encodeURIComponent(agent.id)}`;
  const isAlone = all.every((one) => one.id !== agent.id || one.machine === agent.machine);
  return isAlone ? path : `${path}?${new URLSearchParams({ machine: agent.machine })}`;
}

/** Those of an id, on a machine where one is named; the one heard of last comes first. */
export function named(
  agents: readonly AgentView[],
  id: string,
  machine: string | null,
): readonly AgentView[] {
  return agents
    .filter((one) => one.id === id && (machine === null || one.machine === machine))
    .sort((a, b) => b.heardAt - a.heardAt);
}

/**
 * All agents as a forest: each once, below the one that it works for, or on top where that one is not known. Of those
 * that work for each other in a circle, one is on top. What is most urgent comes first, by the worst of an agent and its
 * subagents; then what has moved last.
 */
export function boardOf(agents: readonly AgentView[]): Board {
  const known = new Map<string, AgentView>();
  for (const agent of agents) if (!known.has(keyOf(agent))) known.set(keyOf(agent), agent);
  const below = new Map<string | null, [string, AgentView][]>();
  for (const entry of known) {
    const above = parentKey(entry[1]);
    below.set(above, [...(below.get(above) ?? []), entry]);
  }
  const planted = new Set<string>();
  const grow = ([key, agent]: [string, AgentView]): Branch | null => {
    if (planted.has(key)) return null;
    planted.add(key);
    const children = (below.get(key) ?? []).map(grow).filter((one) => one !== null);
    return { key, agent, ...parted(children) };
  };
  const tops = [...known].map((entry) => topOf(entry, known));
  return parted(tops.map(grow).filter((one) => one !== null));
}

/** Up from an agent to the one that nobody known is above, or to one of a circle. */
function topOf(
  entry: [string, AgentView],
  known: ReadonlyMap<string, AgentView>,
): [string, AgentView] {
  const passed = new Set<string>();
  let [key, agent] = entry;
  while (!passed.has(key)) {
    passed.add(key);
    const above = parentKey(agent);
    const parent = above === null ? undefined : known.get(above);
    if (above === null || parent === undefined) break;
    [key, agent] = [above, parent];
  }
  return [key, agent];
}

/** Whether the one that it works for is not on the board. */
export function isOrphan(agent: AgentView, all: readonly AgentView[]): boolean {
  return agent.parentId !== null && all.every((one) => keyOf(one) !== parentKey(agent));
}

function parentKey(agent: AgentView): string | null {
  return agent.parentId === null ? null : keyOf({ machine: agent.machine, id: agent.parentId });
}

function parted(branches: readonly Branch[]): Board {
  const ordered = branches.toSorted(
    (a, b) => rankOf(a) - rankOf(b) || b.agent.since - a.agent.since || (a.key < b.key ? -1 : 1),
  );
  const isOpen = (one: Branch): boolean => one.agent.state !== 'ended' || one.open.length > 0;
  return { open: ordered.filter(isOpen), ended: ordered.filter((one) => !isOpen(one)) };
}

function rankOf({ agent, open }: Branch): number {
  // Those below are in order: the first is the most urgent.
  const below = open[0] === undefined ? RANKS.length : rankOf(open[0]);
  return Math.min(RANKS.indexOf(agent.state), below);
}

/** What agents wait for; who has waited longest comes first. */
export function askingsOf(agents: readonly AgentView[]): Asking[] {
  return agents
    .filter((agent) => agent.state !== 'ended')
    .flatMap(askingsOfOne)
    .sort((a, b) => a.since - b.since || (a.key < b.key ? -1 : 1));
}

function askingsOfOne(agent: AgentView): Asking[] {
  const { prompts, since } = agent;
  if (prompts.length === 0)
    return agent.state === 'waiting' ? [{ key: keyOf(agent), agent, prompt: null, since }] : [];
  return prompts.map((prompt) => ({
    key: JSON.stringify([agent.machine, agent.id, prompt.id]),
    agent,
    prompt,
    since: prompt.since,
  }));
}

/** "Fix the tests asks for Bash." */
export function askingWords({ agent, prompt }: Asking): string {
  if (prompt === null) return `${nameOf(agent)} waits for your word.`;
  return `${nameOf(agent)} asks for ${prompt.permission || 'a permission'}.`;
}

/** "2 wait for you, 1 failed and 3 are working." Those that have ended are not counted. */
export function tallyWords(agents: readonly AgentView[]): string {
  const count = (state: AgentState): number => agents.filter((one) => one.state === state).length;
  const parts = [
    [count('waiting'), 'waits for you', 'wait for you'],
    [count('failed'), 'failed', 'failed'],
    [count('working'), 'is working', 'are working'],
    [count('idle'), 'is idle', 'are idle'],
  ] as const;
  const said = parts
    .filter(([number]) => number > 0)
    .map((part) => counted(part[0], part[1], part[2]));
  return said.length === 0 ? 'Nobody is at work.' : `${listed(said)}.`;
}

/** What a prompt says of itself beyond its description, as text; empty where that is nothing. */
export function metadataText(metadata: unknown): string {
  const isNothing =
    metadata === null ||
    metadata === undefined ||
    (typeof metadata === 'object' && Object.keys(metadata).length === 0);
  return isNothing ? '' : JSON.stringify(metadata, null, 2);
}
