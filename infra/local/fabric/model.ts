import { randomUUID } from 'node:crypto'
import { personas } from '../personas.ts'
import { known, mayIn, salesOf, type Workspace } from './tenant.ts'
import { type Asked, fail, type Reply } from './wire.ts'

type Row = Readonly<Record<string, string | number>>

/** What Power BI knows beside the workspaces. */
export interface ModelState {
  readonly refreshes: { readonly requestId: string; readonly startTime: string }[]
  /** Export id → whose it is, and how often it was asked after. */
  readonly exports: Map<string, { readonly owner: string; asked: number }>
}

export const openModels = (): ModelState => ({ refreshes: [], exports: new Map() })

/** Answers what stands under /v1.0/myorg. */
export function onPowerBi(asked: Asked, state: ModelState, tenant: Map<string, Workspace>): Reply {
  const [, , area, groupId, kind, id, ...rest] = asked.parts
  if (area === 'admin') return events(asked)
  if (area !== 'groups') return fail('powerbi', 404, 'PowerBIEntityNotFound')
  if (groupId === undefined) return groups(asked, tenant)
  const workspace = tenant.get(groupId)
  if (workspace === undefined || !mayIn(workspace, asked.oid, 'Viewer'))
    return fail('powerbi', 404, 'PowerBIFolderNotFound')
  const type = kind === 'datasets' ? 'SemanticModel' : 'Report'
  if (id === undefined) return list(workspace)
  if (workspace.items.get(id)?.type !== type) return fail('powerbi', 404, 'PowerBIEntityNotFound')
  return kind === 'datasets' ? onDataset(asked, state, rest) : onReport(asked, state, rest)
}

function groups(asked: Asked, tenant: Map<string, Workspace>): Reply {
  const { searchParams } = asked.url
  const [skip, top] = [Number(searchParams.get('$skip') ?? '0'), Number(searchParams.get('$top') ?? '5000')]
  const seen = [...tenant.values()].filter((one) => mayIn(one, asked.oid, 'Viewer')).slice(skip, skip + top)
  const value = seen.map(({ id, displayName }) => {
    return { id, name: displayName, isReadOnly: false, isOnDedicatedCapacity: true, type: 'Workspace' }
  })
  return { status: 200, body: { 'odata.context': `${asked.url.origin}/v1.0/myorg/$metadata#groups`, value } }
}

function list({ items }: Workspace): Reply {
  const models = [...items.values()].filter(({ type }) => type === 'SemanticModel')
  const value = models.map(({ id, displayName }) => describe(id, displayName))
  return { status: 200, body: { value } }
}

function describe(id: string, name: string) {
  const webUrl = `https://app.powerbi.com/groups/${known.shared}/datasets/${id}`
  return {
    id,
    name,
    configuredBy: personas.carol.username,
    isRefreshable: true,
    isEffectiveIdentityRequired: true,
    webUrl,
  }
}

function onDataset(asked: Asked, state: ModelState, [part, refreshId]: readonly string[]): Reply {
  if (part === undefined) return { status: 200, body: describe(known.model, 'Sales') }
  if (part === 'executeQueries') return execute(asked)
  if (part !== 'refreshes') return fail('powerbi', 404, 'PowerBIEntityNotFound')
  if (asked.method === 'POST') {
    const requestId = randomUUID()
    state.refreshes.unshift({ requestId, startTime: new Date().toISOString() })
    return { status: 202, headers: { 'x-ms-request-id': requestId } }
  }
  const seen = state.refreshes.map((one) => ({ ...one, refreshType: 'ViaApi', status: 'Completed' }))
  if (refreshId === undefined) return { status: 200, body: { value: seen } }
  const found = state.refreshes.find(({ requestId }) => requestId === refreshId)
  if (found === undefined) return fail('powerbi', 404, 'RefreshNotFound')
  if (asked.method === 'DELETE') return { status: 200 }
  return {
    status: 200,
    body: { startTime: found.startTime, type: 'Full', status: 'Completed', extendedStatus: 'Completed' },
  }
}

/** The few shapes of DAX that it knows, over the rows that the person's rule leaves. */
function execute(asked: Asked): Reply {
  const { queries, impersonatedUserName } = asked.body as {
    queries: readonly { query: string }[]
    impersonatedUserName?: string
  }
  if (impersonatedUserName !== undefined) return fail('powerbi', 403, 'ImpersonationNotAllowed')
  const text = (queries[0]?.query ?? '').replace(/\s+/g, ' ').trim()
  const rows: readonly Row[] = salesOf(asked.oid)
  if (/^EVALUATE '?Sales'?$/i.test(text)) return table(rows.map(qualify))
  return topOf(text, rows) ?? totalOf(text, rows) ?? fail('powerbi', 400, 'DatasetExecuteQueriesError')
}

function topOf(text: string, rows: readonly Row[]): Reply | undefined {
  const top = /^EVALUATE TOPN\( ?(\d+), ?'?Sales'? ?\)$/i.exec(text)
  return top === null ? undefined : cut(rows.map(qualify), Number(top[1]))
}

function totalOf(text: string, rows: readonly Row[]): Reply | undefined {
  if (/^EVALUATE ROW\( ?"Total", ?SUM\( ?'?Sales'?\[Amount\] ?\) ?\)$/i.test(text))
    return table([{ '[Total]': rows.reduce((sum, { Amount }) => sum + Number(Amount), 0) }])
  return undefined
}

const qualify = (row: Row): Row =>
  Object.fromEntries(Object.entries(row).map(([name, value]) => [`Sales[${name}]`, value]))

function table(rows: readonly Row[]): Reply {
  return { status: 200, body: { results: [{ tables: [{ rows }] }] } }
}

/** More rows than it gives at once come cut, with an error beside them and status 200, as Power BI does it. */
function cut(rows: readonly Row[], most: number): Reply {
  if (most <= 100_000) return table(rows.slice(0, most))
  const error = { code: 'MoreThanAllowedRows', message: 'More than 100000 rows in a query result' }
  return { status: 200, body: { results: [{ tables: [{ rows: rows.slice(0, 1) }], error }] } }
}

function onReport(asked: Asked, state: ModelState, [part, id, file]: readonly string[]): Reply {
  if (part === 'ExportTo') {
    const made = randomUUID()
    state.exports.set(made, { owner: asked.oid, asked: 0 })
    return { status: 202, body: { id: made, status: 'NotStarted', percentComplete: 0, reportId: known.report } }
  }
  const found = state.exports.get(id ?? '')
  if (found === undefined || found.owner !== asked.oid) return fail('powerbi', 404, 'ExportNotFound')
  if (file === 'file') {
    const headers = { 'content-type': 'application/pdf' }
    return found.asked < 2 ? fail('powerbi', 404, 'ExportNotReady') : { status: 200, bytes: pdfOf(asked.oid), headers }
  }
  found.asked += 1
  const over = found.asked >= 2
  const resourceLocation = `${asked.url.href}/file`
  const body = { id, status: over ? 'Succeeded' : 'Running', percentComplete: over ? 100 : 50, resourceLocation }
  return { status: over ? 200 : 202, body }
}

const pdfOf = (oid: string) =>
  Buffer.from(
    `%PDF-1.4\n% ${salesOf(oid)
      .map(({ Customer }) => Customer)
      .join(', ')}\n`,
  )

/** For the administrator of the tenant alone. */
function events(asked: Asked): Reply {
  if (asked.oid !== personas.carol.oid) return fail('powerbi', 403, 'NotFabricAdministrator')
  const { searchParams } = asked.url
  const isQuoted = (name: string) => /^'[^']+'$/.test(searchParams.get(name) ?? '')
  if (!isQuoted('continuationToken') && !(isQuoted('startDateTime') && isQuoted('endDateTime')))
    return fail('powerbi', 400, 'BadRequest')
  const event = { Id: randomUUID(), Activity: 'ExecuteQueries', UserId: personas.alice.username, ClientIP: '10.1.2.3' }
  const isFirst = !searchParams.has('continuationToken')
  const more = {
    continuationToken: 'LDIw%3D%3D',
    continuationUri: `${asked.url.origin}/other?continuationToken='LDIw%3D%3D'`,
  }
  return { status: 200, body: { activityEventEntities: [event], ...(isFirst ? more : {}), lastResultSet: !isFirst } }
}
