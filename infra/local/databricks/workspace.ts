/**
 * Stands in for an Azure Databricks workspace with SQL warehouses: it checks the Entra token itself, knows its users, and
 * speaks the Statement Execution, SQL Warehouses, Query History and SCIM Me APIs; beside them what the declared backends
 * call of Genie, Unity Catalog, workspace, jobs, clusters, files, dashboards and Delta Sharing, in the shapes of the
 * documentation and of the published SDK (there is no public specification). Of those, objects are few and made up, each
 * for some people only; nothing is carried out that a job, a cluster or a schedule would do. It differs in that statements run on
 * the stack's PostgreSQL, as the person's own role, after a translation of names, strings and markers only (dialect.ts);
 * Unity Catalog's grants, row filters and masks are that database's rights and views (lake.ts). Results are inline JSON
 * arrays only, cut into chunks by rows and kept while it runs; any caller may plant faults at `/dev/fault`.
 */
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TokenRules } from '../entra/bearer-check.ts'
import { asOwner } from '../postgres/server.ts'
import { makeTokenCheck } from './access-token.ts'
import { makeAudit } from './audit.ts'
import type { EnginePlace } from './engine.ts'
import { type Fault, faultOrder, makeFaults, replyOf } from './faults.ts'
import { makeGenie } from './genie-room.ts'
import { lakeSql } from './lake.ts'
import { makeObjects } from './objects.ts'
import { fail, type Reply, unauthorized } from './reply.ts'
import type { Parts } from './route.ts'
import { answer, findRoute } from './routes.ts'
import { makeStatements } from './statements.ts'
import { userOf } from './users.ts'
import { makeWarehouses } from './warehouses.ts'
import { readRequest, send } from './wire.ts'

export interface WorkspaceOptions extends TokenRules {
  /** PEM of the server certificate and its key. */
  readonly certificate: { readonly cert: string; readonly key: string }
  /** The embedded PostgreSQL. */
  readonly place: EnginePlace
  /** Object ids of applications that may read `system.access.audit`; default none. */
  readonly auditors?: readonly string[]
  /** Rows of one chunk; default 200. */
  readonly rowsPerChunk?: number
}

/** A running workspace. */
export interface DatabricksWorkspace {
  readonly url: string
  stop(): Promise<void>
}

interface State extends Parts {
  readonly check: ReturnType<typeof makeTokenCheck>
  readonly audit: ReturnType<typeof makeAudit>
  readonly tenant: string
  readonly faults: ReturnType<typeof makeFaults>
}

const rowsPerChunk = 200

/** Starts the workspace on a free port of 127.0.0.1 (https), and makes its catalog where it is not there yet. */
export async function startDatabricks(options: WorkspaceOptions): Promise<DatabricksWorkspace> {
  const { certificate, tenant, place } = options
  await asOwner(place.sockets, place.database, (client) => client.query(lakeSql))
  const warehouses = makeWarehouses()
  const audit = makeAudit(options, options.auditors ?? [])
  const perChunk = options.rowsPerChunk ?? rowsPerChunk
  const statements = makeStatements({ place, warehouses, rowsPerChunk: perChunk, note: audit.note })
  const parts = { statements, warehouses, audit, genie: makeGenie(statements), objects: makeObjects() }
  const state: State = { ...parts, tenant, check: makeTokenCheck(options), faults: makeFaults() }
  const server = createServer({ ...certificate }, (request, response) => {
    serve(request, state).then(
      (reply) => send(response, reply),
      () => send(response, fail(500, 'INTERNAL_ERROR', 'The service failed')),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const stop = async () => {
    await statements.stop()
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }
  return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, stop }
}

async function serve(request: IncomingMessage, state: State): Promise<Reply> {
  const url = new URL(String(request.url), 'https://127.0.0.1')
  const { json: body, bytes } = await readRequest(request)
  if (url.pathname === '/dev/fault') return setFault(request.method, body, state)
  const route = findRoute(String(request.method), url)
  const fault = route === undefined ? null : state.faults.take(route.place)
  if (fault !== null && fault.fault !== 'lose_reply') return replyOf(fault, state.tenant)
  const oid = await state.check(request.headers.authorization)
  if (oid === null) return answerAuditor(request, body, state)
  const user = userOf(oid)
  if (user === undefined) return fail(403, 'PERMISSION_DENIED', 'User not authorized.')
  const { method = 'GET', headers } = request
  const reply = await answer(
    route,
    { method, url, body, bytes, headers, user, userAgent: String(headers['user-agent']) },
    state,
  )
  return fault === null ? reply : 'drop'
}

/** An application has no user here; those that read audit logs may submit what reads them. */
async function answerAuditor(request: IncomingMessage, body: unknown, { audit }: State): Promise<Reply> {
  const mayRead = request.method === 'POST' && (await audit.mayRead(request.headers.authorization))
  return mayRead ? audit.answer(body) : unauthorized('invalid_token')
}

function setFault(method: string | undefined, body: unknown, { faults }: State): Reply {
  if (method === 'DELETE') {
    faults.clear()
    return { status: 204 }
  }
  const order = faultOrder.safeParse(body)
  if (!order.success) return fail(400, 'INVALID_PARAMETER_VALUE', 'unknown fault')
  const fault: Fault = order.data
  faults.plant(fault)
  return { status: 204 }
}
