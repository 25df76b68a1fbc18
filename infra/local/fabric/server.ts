/**
 * Stands in for Microsoft Fabric, Power BI, OneLake (its DFS endpoint) and Livy (Fabric's and Synapse's) in one server:
 * `<url>/v1` is Fabric's API, `<url>` the others'. Each part checks tokens by itself, of its own audience alone, and
 * gives each person what their role in a workspace, and one rule over the rows of one table, leave them. It differs: all
 * data is in memory; work takes two questions and no time; of DAX and Spark SQL it knows a handful of texts, and code in
 * other languages is taken and not run; folders are what stands before a slash; capacities, schedules, labels and most
 * kinds of items are not there.
 */
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TokenRules } from '../entra/bearer-check.ts'
import { type Api, makeTokenChecks } from './access-token.ts'
import { type FabricState, onFabric } from './items.ts'
import { type Lake, onLake, openLake } from './lake.ts'
import { type Livy, livyOf, onLivy } from './livy.ts'
import { type ModelState, onPowerBi, openModels } from './model.ts'
import { openSharing } from './sharing.ts'
import { makeTenant, mayIn } from './tenant.ts'
import { type Asked, fail, parseJson, type Reply, readBytes, send } from './wire.ts'
import { openWorkBook } from './work.ts'

export interface FabricOptions extends TokenRules {
  /** PEM of the server certificate and its key. */
  readonly certificate: { readonly cert: string; readonly key: string }
}

/** A running server. */
export interface FabricServer {
  readonly url: string
  stop(): Promise<void>
}

interface State extends FabricState {
  readonly check: ReturnType<typeof makeTokenChecks>
  readonly lake: Lake
  readonly models: ModelState
  readonly livy: Readonly<Record<'fabric' | 'synapse', Livy>>
  origin: string
}

/** Starts it on a free port of 127.0.0.1 (https). */
export async function startFabric(options: FabricOptions): Promise<FabricServer> {
  const state: State = {
    check: makeTokenChecks(options),
    tenant: makeTenant(),
    work: openWorkBook(),
    sharing: openSharing(),
    lake: openLake(),
    models: openModels(),
    livy: { fabric: new Map(), synapse: new Map() },
    origin: '',
  }
  const server = createServer({ ...options.certificate }, (request, response) => {
    serve(request, state).then(
      (reply) => send(response, reply),
      () => send(response, fail('fabric', 500, 'InternalError')),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  state.origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  const stop = async () => {
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }
  return { url: state.origin, stop }
}

async function serve(request: IncomingMessage, state: State): Promise<Reply> {
  const url = new URL(request.url ?? '/', state.origin)
  const parts = url.pathname
    .split('/')
    .filter((part) => part !== '')
    .map(decodeURIComponent)
  const api = apiOf(parts)
  const bytes = await readBytes(request)
  const oid = await state.check(api, request.headers.authorization)
  if (oid === null) return { ...fail(api, 401, 'TokenInvalid'), headers: { 'www-authenticate': 'Bearer' } }
  if (bytes === null) return fail(api, 413, 'RequestTooLarge')
  const body = parseJson(bytes)
  return answer({ method: request.method ?? 'GET', url, parts, headers: request.headers, bytes, body, oid }, api, state)
}

function apiOf([first]: readonly string[]): Api {
  if (first === 'v1') return 'fabric'
  if (first === 'v1.0') return 'powerbi'
  return first === 'livyApi' ? 'synapse' : 'onelake'
}

function answer(asked: Asked, api: Api, state: State): Reply {
  const livy = livyOf(asked.parts)
  if (livy !== null) return mayRun(asked, api, state) ? spark(asked, livy, state) : fail(api, 404, 'NotFound')
  if (api === 'powerbi') return onPowerBi(asked, state.models, state.tenant)
  return api === 'fabric' ? onFabric(asked, state) : onLake(asked, state.lake, state.tenant)
}

function spark(asked: Asked, livy: NonNullable<ReturnType<typeof livyOf>>, state: State): Reply {
  return onLivy(asked, { ...livy, sessions: state.livy[livy.api] })
}

/** Fabric: a role in the workspace; Synapse: the one pool that there is, for everybody in the tenant. */
function mayRun({ parts, oid }: Asked, api: Api, { tenant }: State): boolean {
  if (api === 'synapse') return parts[4] === 'analytics'
  const workspace = tenant.get(parts[2] ?? '')
  return workspace !== undefined && mayIn(workspace, oid, 'Contributor') && workspace.items.has(parts[4] ?? '')
}
