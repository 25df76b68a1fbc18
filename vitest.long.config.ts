import { defineConfig } from 'vitest/config'

// `npm run test:long`: what takes too long for every change.
// biome-ignore lint/style/noDefaultExport: Vitest reads its configuration so
export default defineConfig({
  test: {
    include: ['test/long/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 600_000,
    hookTimeout: 120_000,
  },
})
