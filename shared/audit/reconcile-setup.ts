import type { Settings } from '../config/settings.ts'
import { outcomeBoundMs } from './outcome-bound.ts'
import type { DanglingPorts, KnownFate } from './reconcile-dangling.ts'
import { skewMs } from './reconcile-match.ts'
import { entraSource } from './reconcile-night.ts'
import type { LogSource, SourceEvent } from './reconcile-source.ts'
import { createDatabricksSource, type QueryAudit } from './source-databricks.ts'
import { createEntraSource, resourceOf } from './source-entra.ts'
import { createPostgresSource } from './source-postgres.ts'
import { createStorageSource } from './source-storage.ts'
import type { QueryLogs } from './source-table.ts'

type SourceSettings = Settings['COUNTERSIGN_SOURCES'][string]
type WorkspaceSettings = Extract<SourceSettings, { kind: 'log-analytics' }>

/** What sources are made of: where to ask is the deployment's, how to ask are edges. */
export interface SourceSetup {
  readonly sources: Settings['COUNTERSIGN_SOURCES']
  /** Our own application's id. */
  readonly clientId: string
  /** Scope by backend, of all that are configured. */
  readonly scopes: ReadonlyMap<string, string>
  readonly queryLogs: (workspace: string) => QueryLogs
  readonly queryAudit: (warehouse: Extract<SourceSettings, { kind: 'databricks' }>) => QueryAudit
  /** Ms; for a log whose entries are there at once, as in development. */
  readonly settling?: number
}

/** Makes the sources by backend. Throws Error for a backend of whose log this version knows no table. */
export function createSources(setup: SourceSetup): ReadonlyMap<string, LogSource> {
  return new Map(Object.entries(setup.sources).map(([name, source]) => [name, createSource(setup, name, source)]))
}

function createSource(setup: SourceSetup, name: string, source: SourceSettings): LogSource {
  const { clientId, settling } = setup
  const shared = { clientId, ...(settling === undefined ? {} : { settling }) }
  if (source.kind === 'databricks') return createDatabricksSource({ ...shared, query: setup.queryAudit(source) })
  const create = Object.hasOwn(tables, name) ? tables[name] : undefined
  if (create === undefined) throw new Error(`COUNTERSIGN_SOURCES (at ${name}): no table of this backend is known`)
  return create({ ...shared, query: setup.queryLogs(source.workspace), source, scopes: setup.scopes })
}

interface TableParts {
  readonly query: QueryLogs
  readonly clientId: string
  readonly settling?: number
  readonly source: WorkspaceSettings
  readonly scopes: SourceSetup['scopes']
}

const tables: Readonly<Record<string, (parts: TableParts) => LogSource>> = {
  'azure-postgresql': ({ source, ...parts }) => createPostgresSource({ ...parts, ...ofResource(source) }),
  'azure-storage-blob': ({ source, ...parts }) => createStorageSource({ ...parts, ...ofResource(source) }),
  [entraSource]: ({ scopes, ...parts }) => createEntraSource({ ...parts, backends: readBackends(scopes) }),
}

function ofResource({ resource }: WorkspaceSettings): { readonly resource?: string } {
  return resource === undefined ? {} : { resource }
}

/** A backend whose API cannot be told from its scope has no sign-ins that could be its own; several may share one. */
function readBackends(scopes: SourceSetup['scopes']): ReadonlyMap<string, readonly string[]> {
  const backends = new Map<string, string[]>()
  for (const [name, scope] of scopes) {
    const id = resourceOf(scope)
    if (id !== null) backends.set(id, [...(backends.get(id) ?? []), name])
  }
  return backends
}

/** Asks a backend's log about one call; see `DanglingPorts.findFate`. That a log has no entry says nothing. */
export function createFateFinder(sources: ReadonlyMap<string, LogSource>): NonNullable<DanglingPorts['findFate']> {
  return async ({ decisionId, time, intent }): Promise<KnownFate | null> => {
    const source = intent === undefined ? undefined : sources.get(intent.backend)
    if (source === undefined) return null
    const at = Date.parse(time)
    const events = await source.read({ from: at - skewMs, to: at + outcomeBoundMs + skewMs })
    const found = findMarked(events, decisionId)
    if (found === null) return null
    if (source.persons === 'object-id' && found.person !== intent?.principal.oid) return null
    const backendIds = found.statementId === undefined ? {} : { statement_id: found.statementId }
    return { status: 'called', backendIds, evidence: `${source.name}: event ${found.id}` }
  }
}

/** A mark that several persons bear was copied by all but one, and nothing says here by whom. */
function findMarked(events: readonly SourceEvent[], decisionId: string | undefined): SourceEvent | null {
  const marked = events.filter((event) => event.decisionId === decisionId && event.isEffective)
  const persons = new Set(marked.map(({ person }) => person))
  return persons.size === 1 ? (marked[0] ?? null) : null
}
