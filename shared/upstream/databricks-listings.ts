import * as z from 'zod'
import type { IdentityProbe } from '../backend/define.ts'
import type { Json } from '../pipeline/ports.ts'
import { parse } from './databricks-reply.ts'
import { inputOf, warehouseOf, warehousesPath } from './databricks-request.ts'
import type { Brought, Visit } from './databricks-statements.ts'
import { failWith } from './failure.ts'

const text = z.string().max(10_000)

const makeWarehouse = () =>
  z.object({
    id: z.string(),
    name: text.nullish(),
    state: text.nullish(),
    cluster_size: text.nullish(),
    warehouse_type: text.nullish(),
  })

const makeWarehouses = () =>
  z.object({ warehouses: z.array(makeWarehouse()).max(10_000).default([]), next_page_token: text.nullish() })

const mostPages = 20

/** The deployment's warehouses that the person may use; who made them and how to reach them by other ways is left out. */
export async function listWarehouses(visit: Visit): Promise<Brought> {
  const { workspace, signal, settings } = visit
  const schema = makeWarehouses()
  const found: Json[] = []
  let bytes = 0
  let ids: Readonly<Record<string, string>> = {}
  let page: string | undefined
  for (let turn = 0; turn < mostPages; turn += 1) {
    const query: Record<string, string> = page === undefined ? {} : { page_token: page }
    const answered = await workspace.ask({ method: 'GET', path: warehousesPath, query }, { signal, effect: 'read' })
    const { warehouses, next_page_token } = parse(schema, answered.data)
    found.push(...warehouses.filter(({ id }) => settings.warehouses.includes(id)).map(plain))
    bytes += answered.bytes
    ids = answered.ids
    page = next_page_token ?? undefined
    if (page === undefined || page === '') break
  }
  return { data: { warehouses: found }, rows: found.length, bytes, truncated: false, backendIds: ids }
}

/** Starts or stops a warehouse and says how it stands then; both take their time, and are harmless to repeat. */
export async function switchWarehouse(visit: Visit, action: 'start' | 'stop'): Promise<Brought> {
  const { call, workspace, settings, signal } = visit
  const path = `${warehousesPath}/${warehouseOf(call, settings)}`
  const { effect } = call.understood
  const done = await workspace.ask({ method: 'POST', path: `${path}/${action}`, body: {} }, { signal, effect })
  // It was asked for: that nobody says how it stands takes nothing back.
  const seen = await workspace
    .ask({ method: 'GET', path }, { signal, effect: 'read' })
    .then(({ data }) => plain(parse(makeWarehouse(), data)))
    .catch(() => ({ id: warehouseOf(call, settings) }))
  return { data: seen, rows: 1, bytes: done.bytes, truncated: false, backendIds: done.ids }
}

const makeHistory = () =>
  z.object({
    res: z
      .array(
        z.object({
          query_id: text,
          user_id: z.union([z.number(), z.string()]).transform(String),
          status: text.nullish(),
          statement_type: text.nullish(),
          warehouse_id: text.nullish(),
          query_start_time_ms: z.number().nullish(),
          query_end_time_ms: z.number().nullish(),
          rows_produced: z.number().nullish(),
          query_text: z.string().nullish(),
        }),
      )
      .max(1000)
      .default([]),
    next_page_token: z.string().max(2_000).nullish(),
  })

const makeMe = () => z.object({ id: z.string().regex(/^\d{1,20}$/) })

/**
 * The person's own statements. The workspace shows an administrator everybody's: it is asked for this person's, and what
 * is another's is left out all the same. Messages of errors, which quote data, are not among the members.
 */
export async function listHistory(visit: Visit, probe: IdentityProbe | undefined): Promise<Brought> {
  const { call, workspace, signal } = visit
  if (probe?.method !== 'request') throw failWith({ code: 'internal', fate: 'not_called', why: 'probe_method' })
  const me = await workspace.ask({ method: 'GET', path: probe.path }, { signal, effect: 'read' })
  const { id } = parse(makeMe(), me.data)
  const page = inputOf(call, 'page')
  const limit = Math.min(Number(inputOf(call, 'limit')), call.rowLimit)
  const query = {
    'filter_by.user_ids': id,
    max_results: String(limit),
    ...(typeof page === 'string' ? { page_token: page } : {}),
  }
  const path = '/api/2.0/sql/history/queries'
  const { data, bytes, ids } = await workspace.ask({ method: 'GET', path, query }, { signal, effect: 'read' })
  const { res, next_page_token } = parse(makeHistory(), data)
  const queries = res
    .filter(({ user_id }) => user_id === id)
    .slice(0, limit)
    .map(({ user_id: _own, query_id, query_text, ...rest }) => plain({ id: query_id, ...rest, text: query_text }))
  const more = next_page_token ? { next_page: next_page_token } : {}
  return { data: { queries, ...more }, rows: queries.length, bytes, truncated: false, backendIds: ids }
}

/** Without the members that are not there. */
function plain(record: Readonly<Record<string, Json | undefined>>): Record<string, Json> {
  const there = Object.entries(record).flatMap(([name, value]) => (value == null ? [] : [[name, value] as const]))
  return Object.fromEntries(there)
}
