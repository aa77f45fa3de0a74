import { expect, test } from 'vitest';
import { AGAIN_AFTER_MS, EVERY_MS, readAt } from './pace';

const read = { askedAt: 50_000, isReading: false, isStale: false };

test('what is shown is read every half minute', () => {
  expect(readAt(read, false)).toBe(50_000 + EVERY_MS);
});

test('what is stale is read a second after its last read: at once, where it was quiet', () => {
  expect(readAt({ ...read, isStale: true }, false)).toBe(50_000 + AGAIN_AFTER_MS);
});

test('nothing is read while nobody looks, nor twice at once', () => {
  expect(readAt({ ...read, isStale: true }, true)).toBeNull();
  expect(readAt({ ...read, isStale: true, isReading: true }, false)).toBeNull();
});
