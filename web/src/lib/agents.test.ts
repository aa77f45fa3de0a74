import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { AgentView } from '../api/schema';
import {
  agentPath,
  askingsOf,
  askingWords,
  type Branch,
  boardOf,
  isOrphan,
  keyOf,
  metadataText,
  named,
  nameOf,
  STATES,
  tallyWords,
} from './agents';

const AGENT: AgentView = {
  id: 'a',
  tool: 'claude-code',
  machine: 'desk',
  project: 'shop',
  title: 'Fix the tests',
  state: 'working',
  since: 1_000,
  startedAt: 0,
  heardAt: 1_000,
  parentId: null,
  turnId: null,
  error: '',
  prompts: [],
};
const agent = (more: Partial<AgentView>): AgentView => ({ ...AGENT, ...more });
const prompt = (id: string, since: number) => ({
  id,
  permission: 'Bash',
  description: 'rm -r build',
  metadata: {},
  since,
});

const IDS = ['a', 'b', 'c', 'd', 'e'] as const;
const agents = fc
  .array(
    fc.record({
      id: fc.constantFrom(...IDS),
      machine: fc.constantFrom('desk', 'lap'),
      state: fc.constantFrom(...(Object.keys(STATES) as AgentView['state'][])),
      since: fc.integer({ min: 0, max: 9 }),
      parentId: fc.option(fc.constantFrom(...IDS, 'gone'), { nil: null }),
      prompts: fc
        .uniqueArray(fc.constantFrom('p', 'q'))
        .map((ids) => ids.map((id, place) => prompt(id, place))),
    }),
    { maxLength: 12 },
  )
  .map((some) => some.map(agent));

const all = (branches: readonly Branch[]): Branch[] =>
  branches.flatMap((one) => [one, ...all(one.open), ...all(one.ended)]);
const ids = (branches: readonly Branch[]): string[] => branches.map((one) => one.agent.id);
const shape = (branches: readonly Branch[]): unknown[] =>
  branches.map((one) => [one.agent.id, ...shape([...one.open, ...one.ended])]);

describe('the board', () => {
  it('has each agent once, whoever works for whom', () => {
    fc.assert(
      fc.property(agents, (some) => {
        const { open, ended } = boardOf(some);
        const found = all([...open, ...ended]).map((one) => one.key);
        expect(found.toSorted()).toEqual([...new Set(some.map(keyOf))].toSorted());
      }),
    );
  });

  it('has nobody below another than the one that it works for, on its own machine', () => {
    fc.assert(
      fc.property(agents, (some) => {
        const { open, ended } = boardOf(some);
        for (const one of all([...open, ...ended]))
          for (const child of [...one.open, ...one.ended]) {
            expect(child.agent.parentId).toBe(one.agent.id);
            expect(child.agent.machine).toBe(one.agent.machine);
          }
      }),
    );
  });

  it('has nobody on top whose parent is known, but one of each circle', () => {
    fc.assert(
      fc.property(agents, (some) => {
        const { open, ended } = boardOf(some);
        for (const top of [...open, ...ended]) {
          if (top.agent.parentId === null || isOrphan(top.agent, some)) continue;
          const below = all([top]).map((one) => one.agent);
          expect(below.some((one) => one.id === top.agent.parentId)).toBe(true);
        }
      }),
    );
  });

  it('folds away what has ended, unless something below it has not', () => {
    fc.assert(
      fc.property(agents, (some) => {
        const { open, ended } = boardOf(some);
        const whole = all([...open, ...ended]);
        const folded = [...ended, ...whole.flatMap((one) => one.ended)];
        expect(all(folded).every((one) => one.agent.state === 'ended')).toBe(true);
        for (const one of [...open, ...whole.flatMap((each) => each.open)])
          expect(all([one]).some((each) => each.agent.state !== 'ended')).toBe(true);
      }),
    );
  });

  it('is the same in whatever order the agents come, where nobody works in a circle', () => {
    const some = [
      agent({ id: 'a' }),
      agent({ id: 'b', parentId: 'a', since: 5 }),
      agent({ id: 'c', parentId: 'a', since: 9 }),
      agent({ id: 'd', parentId: 'b', state: 'ended' }),
      agent({ id: 'e', parentId: 'gone', state: 'idle' }),
    ];
    fc.assert(
      fc.property(fc.shuffledSubarray(some, { minLength: some.length }), (shuffled) => {
        expect(shape(boardOf(shuffled).open)).toEqual([['a', ['c'], ['b', ['d']]], ['e']]);
      }),
    );
  });

  it('puts the most urgent first, by the worst of an agent and those below it', () => {
    const { open } = boardOf([
      agent({ id: 'idle', state: 'idle', since: 9 }),
      agent({ id: 'busy', since: 8 }),
      agent({ id: 'parent', since: 1 }),
      agent({ id: 'asks', state: 'waiting', parentId: 'parent' }),
      agent({ id: 'failed', state: 'failed', since: 2 }),
      agent({ id: 'busier', since: 9 }),
    ]);
    expect(ids(open)).toEqual(['parent', 'failed', 'busier', 'busy', 'idle']);
  });

  it('keeps agents of one id on two machines apart', () => {
    const [desk, lap] = [agent({}), agent({ machine: 'lap' })];
    expect(boardOf([desk, lap]).open).toHaveLength(2);
    expect(isOrphan(agent({ id: 'b', parentId: 'a', machine: 'lap' }), [desk])).toBe(true);
    expect(agentPath(desk, [desk, lap])).toBe('/agents/a?machine=desk');
    expect(agentPath(desk, [desk])).toBe('/agents/a');
    expect(named([desk, { ...lap, heardAt: 2_000 }], 'a', null)[0]?.machine).toBe('lap');
    expect(named([desk, lap], 'a', 'desk')).toEqual([desk]);
  });

  it('knows an agent that works for itself, and two that work for each other', () => {
    expect(shape(boardOf([agent({ parentId: 'a' })]).open)).toEqual([['a']]);
    const circle = [agent({ id: 'a', parentId: 'b' }), agent({ id: 'b', parentId: 'a' })];
    expect(shape(boardOf(circle).open)).toEqual([['a', ['b']]]);
  });
});

describe('what agents wait for', () => {
  it('is every prompt once, who has waited longest first, and nothing of who has ended', () => {
    fc.assert(
      fc.property(agents, (some) => {
        const present = [...new Map(some.map((one) => [keyOf(one), one])).values()];
        const found = askingsOf(present);
        const alive = present.filter((one) => one.state !== 'ended');
        const prompts = alive.flatMap((one) => one.prompts);
        expect(found.filter((one) => one.prompt !== null)).toHaveLength(prompts.length);
        expect(new Set(found.map((one) => one.key)).size).toBe(found.length);
        expect(found.map((one) => one.since)).toEqual(
          found.map((one) => one.since).toSorted((a, b) => a - b),
        );
      }),
    );
  });

  it('is said in a sentence', () => {
    const [asks, waits] = askingsOf([
      agent({ prompts: [prompt('p', 1)] }),
      agent({ id: 'b', title: '', state: 'waiting' }),
    ]);
    expect(asks && askingWords(asks)).toBe('Fix the tests asks for Bash.');
    expect(waits && askingWords(waits)).toBe('shop waits for your word.');
  });

  it('has more to say only where there is more', () => {
    expect([{}, [], null, undefined].map(metadataText)).toEqual(['', '', '', '']);
    expect(metadataText({ command: 'ls' })).toBe('{\n  "command": "ls"\n}');
  });
});

test('an agent is called by its title, project, tool, or the beginning of its id', () => {
  const bare = { id: '0123456789', title: '', project: '', tool: '' };
  expect(nameOf({ ...bare, title: 't', project: 'p', tool: 'x' })).toBe('t');
  expect(nameOf({ ...bare, project: 'p', tool: 'x' })).toBe('p');
  expect(nameOf({ ...bare, tool: 'x' })).toBe('x');
  expect(nameOf(bare)).toBe('01234567');
});

test('the board is summed up in a sentence', () => {
  expect(tallyWords([])).toBe('Nobody is at work.');
  expect(tallyWords([agent({ state: 'ended' })])).toBe('Nobody is at work.');
  const some = [agent({}), agent({}), agent({ state: 'waiting' }), agent({ state: 'failed' })];
  expect(tallyWords(some)).toBe('1 waits for you, 1 failed and 2 are working.');
});
