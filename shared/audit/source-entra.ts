import type { LogSource, SourceEvent } from './reconcile-source.ts'
import { type LogRow, type QueryLogs, readTables, textIn, usualSettling } from './source-table.ts'

export interface EntraSourceOptions {
  readonly query: QueryLogs
  /** Application id of each backend's API, and the backends of that API; see `resourceOf`. */
  readonly backends: ReadonlyMap<string, readonly string[]>
  readonly settling?: number
}

/**
 * Sign-ins to the backends' APIs, interactive ones and those without a person at the screen, among which are our
 * exchanges (learn.microsoft.com/azure/azure-monitor/reference/tables/aadnoninteractiveusersigninlogs, and signinlogs).
 * That an exchange is logged with our application as `AppId` and its correlation id as `CorrelationId` is how Entra
 * behaves, not what those pages promise; so an exchange counts for a person and backend, not for one decision.
 */
export function createEntraSource({ query, backends, settling }: EntraSourceOptions): LogSource {
  const resources = [...backends.keys()].map((id) => `'${id.replace(/[^0-9a-f-]/g, '')}'`)
  const tables = ['SigninLogs', 'AADNonInteractiveUserSignInLogs'].map((table) => ({
    table,
    columns: ['Id', 'AppId', 'UserId', 'ResourceIdentity', 'ResultType'],
    where: [`where ResourceIdentity in (${resources.join(', ')})`],
    readRow: (row: LogRow) => readSignIn(row, backends),
  }))
  const first = new Map(
    [...backends.values()].flatMap((names) => names.map((name) => [name, names[0] ?? name] as const)),
  )
  return {
    name: 'Entra sign-ins',
    persons: 'object-id',
    settling: settling ?? usualSettling,
    ...readTables(query, tables),
    records: ({ backend }) => first.has(backend),
    nameOf: (backend) => first.get(backend) ?? backend,
  }
}

function readSignIn(row: LogRow, backends: EntraSourceOptions['backends']): SourceEvent | null {
  const backend = backends.get(textIn(row, 'ResourceIdentity').toLowerCase())?.[0]
  if (backend === undefined) return null
  return {
    id: textIn(row, 'Id'),
    time: Date.parse(textIn(row, 'TimeGenerated')),
    person: textIn(row, 'UserId').toLowerCase(),
    clientId: textIn(row, 'AppId').toLowerCase() || 'unknown',
    object: backend,
    isEffective: textIn(row, 'ResultType') === '0',
  }
}

/** Microsoft's own registrations behind scopes that are written as an address; the same in every tenant. */
const registrations: Readonly<Record<string, string>> = {
  'https://ossrdbms-aad.database.windows.net': '123cd850-d9df-40bd-94d5-c9f07b7fa203',
  'https://storage.azure.com': 'e406a681-f3d4-42a8-90b6-c2b029497af1',
}

/** The application id of the API that a scope is for; null where it cannot be told from the scope. */
export function resourceOf(scope: string): string | null {
  const resource = scope.replace(/\/[^/]*$/, '').toLowerCase()
  const guid = /^(?:api:\/\/)?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.exec(resource)?.[1]
  return guid ?? registrations[resource] ?? null
}
