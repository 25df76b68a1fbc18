import type { BackendConfiguration } from './backend/configuration.ts'
import { readBackendChallenge } from './identity/backend-challenge.ts'
import type { Executor } from './pipeline/ports.ts'

/** What the executors of document databases need. */
interface Parts {
  /** Throws where a backend is not configured. */
  readonly of: (backend: string) => BackendConfiguration
  /** Secret under which cursors are sealed, the same for all instances. */
  readonly handleKey: () => Promise<Uint8Array>
}

/** Executors whose drivers are loaded at their first call. */
export function createDocumentExecutors(parts: Parts): readonly (readonly [technology: string, Executor])[] {
  return [
    ['cosmos', lazily(() => openCosmos(parts))],
    ['mongo', lazily(() => openMongo(parts))],
  ]
}

async function openCosmos({ of, handleKey }: Parts): Promise<Executor> {
  const { createCosmosExecutor } = await import('./upstream/cosmos.ts')
  return createCosmosExecutor({
    fetch,
    clock: Date.now,
    parseChallenge: readBackendChallenge,
    cursorKey: handleKey,
    settingsFor: (name) => {
      const { baseUrl = '', values = {}, partitions = {} } = of(name)
      return { baseUrl, database: values.database ?? '', partitions }
    },
  })
}

async function openMongo({ of }: Parts): Promise<Executor> {
  const { createMongoExecutor } = await import('./upstream/mongo.ts')
  return createMongoExecutor({
    clock: Date.now,
    settingsFor: (name) => {
      const { host = '', port, values = {}, allow = {} } = of(name)
      return {
        host,
        database: values.database ?? '',
        ...(port === undefined ? {} : { port }),
        ...(allow.collections === undefined ? {} : { collections: allow.collections }),
      }
    },
  })
}

/** Loads once; a load that failed is tried again by the next call. */
function lazily(open: () => Promise<Executor>): Executor {
  let opened: Promise<Executor> | undefined
  const get = () => {
    opened ??= open().catch((error: unknown) => {
      opened = undefined
      throw error
    })
    return opened
  }
  return {
    call: async (call) => (await get()).call(call),
    close: async () => (await opened)?.close(),
  }
}
