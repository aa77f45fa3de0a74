import { defineConfig } from 'vitest/config';

// Decisions are pure and are tested without a page; everything else is tested in a browser, by `tests/web`.
export default defineConfig({ test: { include: ['src/**/*.test.ts'], environment: 'node' } });
