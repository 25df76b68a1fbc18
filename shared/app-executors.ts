import type { Settings } from './config/settings.ts'
import { Problem } from './errors/problem.ts'
import { readBackendChallenge } from './identity/backend-challenge.ts'
import type { Executor } from './pipeline/ports.ts'
import { createPostgresExecutor } from './upstream/postgres.ts'
import { createRestExecutor } from './upstream/rest.ts'

/** One executor a technology, found by the name that declarations give. */
export function createExecutors(settings: Settings, closing: (() => Promise<void>)[]): ReadonlyMap<string, Executor> {
  const of = (name: string) => {
    const found = settings.COUNTERSIGN_BACKENDS[name]
    if (found === undefined) {
      const reason = 'not_called:not_configured'
      throw new Problem('backend_not_configured', 'No backend of this name is configured here.', { reason })
    }
    return found
  }
  const rest = createRestExecutor({
    fetch,
    settingsFor: (name) => ({ baseUrl: of(name).baseUrl ?? '' }),
    clock: Date.now,
    parseChallenge: readBackendChallenge,
    parseXml: async (text) => (await import('./upstream/xml-reader.ts')).parseXml(text),
  })
  const postgres = createPostgresExecutor({
    settingsFor: (name) => ({
      host: of(name).host ?? '',
      port: of(name).port ?? 5432,
      database: of(name).database ?? 'postgres',
    }),
    clock: Date.now,
  })
  closing.push(rest.close, postgres.close)
  return new Map<string, Executor>([
    ['rest', rest],
    ['postgres', postgres],
  ])
}
