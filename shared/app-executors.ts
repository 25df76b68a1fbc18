import type { TokenCredential } from '@azure/identity'
import { createDocumentExecutors } from './app-documents.ts'
import { composeOpenAi } from './app-openai.ts'
import { createMcpRemote } from './app-remote.ts'
import { createSshRemote } from './app-ssh.ts'
import { createStatementExecutors } from './app-statements.ts'
import { createForeignExecutors } from './app-tokens.ts'
import type { BackendConfiguration } from './backend/configuration.ts'
import { baseUrlOf } from './backend/configured.ts'
import type { Backend } from './backend/define.ts'
import type { Settings } from './config/settings.ts'
import { Problem } from './errors/problem.ts'
import { readBackendChallenge } from './identity/backend-challenge.ts'
import type { Executor } from './pipeline/ports.ts'
import { createDatabricksExecutor, type DatabricksOptions } from './upstream/databricks.ts'
import { createGenieExecutor } from './upstream/genie.ts'
import { createPostgresExecutor } from './upstream/postgres.ts'
import { createRestExecutor } from './upstream/rest.ts'

/** What executors need besides the settings. */
interface Parts {
  readonly closing: (() => Promise<void>)[]
  /** Secret under which handles are signed, the same for all instances. */
  readonly handleKey: () => Promise<Uint8Array>
  /** Longest time of one call, in milliseconds. */
  readonly deadlineMs: number
  /** The deployment's own, for its vault and for token services that want to know who asks. */
  readonly credential: TokenCredential
}

/** One executor a technology, found by the name that declarations give. */
export function createExecutors(
  settings: Settings,
  { closing, handleKey, deadlineMs, credential }: Parts,
): ReadonlyMap<string, Executor> {
  const of = (name: string) => {
    const found = settings.COUNTERSIGN_BACKENDS[name]
    if (found === undefined) {
      const reason = 'not_called:not_configured'
      throw new Problem('backend_not_configured', 'No backend of this name is configured here.', { reason })
    }
    return found
  }
  const restWith = (fetch: typeof globalThis.fetch) =>
    createRestExecutor({
      fetch,
      settingsFor: (backend, at) => restSettings(backend, of(backend.name), { settings, at }),
      clock: Date.now,
      parseChallenge: readBackendChallenge,
      parseXml: async (text) => (await import('./upstream/xml-reader.ts')).parseXml(text),
      handleKey,
      deadlineMs,
    })
  const foreign = createForeignExecutors(settings, { of, rest: restWith, handleKey, deadlineMs, credential })
  const rest = foreign.rest
  const openai = composeOpenAi((backend, at) => restSettings(backend, of(backend.name), { settings, at }))
  const own = createOwnExecutors(of, handleKey)
  const further = new Map<string, Executor>([
    ...createDocumentExecutors({ of, handleKey }),
    ...createStatementExecutors(settings, of),
  ])
  closing.push(rest.close, ...[...own, ...further].map(([, { close }]) => close))
  return new Map<string, Executor>([
    ['rest', rest],
    ...own,
    ['warehouse', foreign.warehouse],
    ['openai', openai],
    ...further,
  ])
}

/** What speaks to PostgreSQL, and to a Databricks workspace. */
function createOwnExecutors(
  of: (name: string) => BackendConfiguration,
  handleKey: Parts['handleKey'],
): readonly (readonly [technology: string, Executor])[] {
  const postgres = createPostgresExecutor({
    settingsFor: (name) => ({
      host: of(name).host ?? '',
      port: of(name).port ?? 5432,
      database: of(name).database ?? 'postgres',
    }),
    clock: Date.now,
  })
  const workspace: DatabricksOptions = {
    fetch,
    settingsFor: (name) => ({ ...of(name), baseUrl: of(name).baseUrl ?? '', warehouses: of(name).warehouses ?? [] }),
    clock: Date.now,
    parseChallenge: readBackendChallenge,
    handleKey,
  }
  return [
    ['postgres', postgres],
    ['databricks', createDatabricksExecutor(workspace)],
    ['genie', createGenieExecutor(workspace)],
    ['mcp', createMcpRemote(of)],
    ['ssh', createSshRemote(of)],
  ]
}

function restSettings(
  backend: Backend,
  configuration: BackendConfiguration,
  { settings, at }: { readonly settings: Settings; readonly at: string | undefined },
) {
  const development = settings.COUNTERSIGN_MODE === 'development'
  const baseUrl = baseUrlOf(backend, { cloud: settings.COUNTERSIGN_CLOUD, development, configuration, at })
  const reason = 'not_called:endpoint'
  if (baseUrl === undefined)
    throw new Problem('backend_not_configured', 'What this operation goes to is not configured here.', { reason })
  return { baseUrl, values: configuration.values ?? {} }
}
