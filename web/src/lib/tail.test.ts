import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { added, EMPTY, LINE_CHARACTERS_MAX, LINES_MAX, plain, shownOf } from './tail';

const texts = (tail = EMPTY): string[] => shownOf(tail).map((one) => one.text);

describe('a tail', () => {
  it('joins pieces that end anywhere', () => {
    const tail = ['lis', 'tening\nrea', 'dy\n', 'wor'].reduce(added, EMPTY);
    expect(texts(tail)).toEqual(['listening', 'ready', 'wor']);
    expect(texts(added(tail, 'king\n'))).toEqual(['listening', 'ready', 'working']);
  });

  it('keeps the number of a line while others come, and the same lines whatever the pieces', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: fc.constantFrom('a', 'é', '\n', ' ') })), (pieces) => {
        const whole = added(EMPTY, pieces.join(''));
        const tail = pieces.reduce(added, EMPTY);
        expect(texts(tail)).toEqual(texts(whole));
        const numbers = shownOf(tail).map((one) => one.number);
        expect(new Set(numbers).size).toBe(numbers.length);
      }),
    );
  });

  it('never grows beyond its bounds', () => {
    const flood = added(EMPTY, 'x\n'.repeat(3 * LINES_MAX));
    expect(flood.lines).toHaveLength(LINES_MAX);
    expect(flood.lines.at(-1)?.number).toBe(3 * LINES_MAX);
    const more = added(flood, 'y\n'.repeat(10));
    expect(more.lines).toHaveLength(LINES_MAX);
    expect(more.lines.at(-1)?.number).toBe(3 * LINES_MAX + 10);
    expect(added(EMPTY, 'z'.repeat(10 * LINE_CHARACTERS_MAX)).rest).toHaveLength(
      LINE_CHARACTERS_MAX,
    );
  });
});

test.each([
  ['\u001b[32mINFO\u001b[0m ready\r', 'INFO ready'],
  ['10 %\r50 %\r100 %', '100 %'],
  ['\u001b]8;;https://x.example\u0007link\u001b]8;;\u0007', 'link'],
  ['\u001b]0;title\u001b\\after', 'after'],
  ['tab\there\u0007\u0000', 'tab\there'],
  ['\u001b(Bplain\u001b=', 'plain'],
  ['cut off \u001b[3', 'cut off '],
])('what is meant for a terminal is left out of %j', (line, shown) => {
  expect(plain(line)).toBe(shown);
});
