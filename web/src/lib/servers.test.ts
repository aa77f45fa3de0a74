import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { ServerView } from '../api/schema';
import {
  canStart,
  canStop,
  commandLine,
  detailWords,
  figuresOf,
  STATES,
  saidOf,
  sorted,
  tallyWords,
} from './servers';

const states = Object.keys(STATES) as ServerView['state'][];
const server = (name: string, state: ServerView['state']): ServerView =>
  ({ name, state, nextStartAt: null, figures: null, restarts: 0 }) as unknown as ServerView;

test('what is in trouble stands first, then by name', () => {
  const all = [server('b', 'running'), server('a', 'running'), server('z', 'failed')];
  expect(sorted(all).map((one) => one.name)).toEqual(['z', 'a', 'b']);
  expect(tallyWords(all)).toBe('1 has failed and 2 are running.');
});

test('no state can be both started and stopped', () => {
  for (const state of states) expect(canStart({ state }) && canStop({ state })).toBe(false);
  expect(states.filter((state) => canStart({ state }))).toEqual(['failed', 'stopped']);
});

test('a start that is planned is told with its time', () => {
  expect(saidOf({ state: 'starting', nextStartAt: 5_000 }).words).toBe('Starts again soon');
  expect(saidOf({ state: 'starting', nextStartAt: null }).words).toBe('Starting…');
  const waiting = {
    state: 'starting',
    detail: 'It ended with exit code 3',
    nextStartAt: 5_000,
  } as const;
  expect(detailWords(waiting, 1_000)).toBe('It ended with exit code 3. Started again in 4 s.');
  expect(detailWords({ ...waiting, nextStartAt: null }, 1_000)).toBe('It ended with exit code 3.');
  expect(detailWords({ state: 'stopped', detail: '', nextStartAt: null }, 1_000)).toBe('');
  expect(detailWords({ state: 'running', detail: 'It runs', nextStartAt: null }, 1_000)).toBe('');
});

describe('figures', () => {
  it('are a dash where nothing is known', () => {
    expect(figuresOf(server('a', 'stopped')).map((one) => one.value)).toEqual(['–', '–', '–', '0']);
  });

  it('are told with their units', () => {
    const figures = {
      cpuPercent: 0.34,
      memoryBytes: 88_080_384,
      threads: 1,
      uptimeS: 7_200,
      processes: 1,
    };
    expect(figuresOf({ figures, restarts: 1_200 }).map((one) => one.value)).toEqual([
      '0.3 %',
      '84 MiB',
      '2 h',
      '1,200',
    ]);
  });
});

describe('a command line', () => {
  it('quotes what a shell would take apart', () => {
    expect(commandLine(['sh', '-c', "echo 'it is' $HOME", ''])).toBe(
      `sh -c 'echo '\\''it is'\\'' $HOME' ''`,
    );
    expect(commandLine(['python3', '-m', 'http.server', '--bind=127.0.0.1'])).toBe(
      'python3 -m http.server --bind=127.0.0.1',
    );
  });

  it('leaves nothing outside quotes that means something to a shell', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (argv) => {
        const bare = commandLine(argv).replace(/'[^']*'|\\'/g, '');
        expect(bare).not.toMatch(/[$`"\\*?!&|;<>(){}#~]/);
      }),
    );
  });
});
