/**
 * A stack whose every wire is listened to: the gateway of `npm start` in a process of its own, before the stack's own
 * services. It differs in three things: people of the second tenant are permitted and have data, the sign-in service is
 * reached through a tap, and the process can be looked into.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { MintedToken, MintOverrides } from '../../../infra/local/entra/mint.ts'
import { type OrdersApi, type SeenCall, startOrders } from '../../../infra/local/orders/server.ts'
import { apps, tenants } from '../../../infra/local/personas.ts'
import { asOwner } from '../../../infra/local/postgres/server.ts'
import { provideApp } from '../../../infra/local/stack/app-build.ts'
import { type Child, startChild } from '../../../infra/local/stack/child.ts'
import { takePort } from '../../../infra/local/stack/free-port.ts'
import { startGuard } from '../../../infra/local/stack/guard.ts'
import { type StackFile, writePrivate } from '../../../infra/local/stack/local-folder.ts'
import { makeRunFolder } from '../../../infra/local/stack/scratch.ts'
import { argumentsFor } from '../../../infra/local/stack/script.ts'
import { type Services, startServices } from '../../../infra/local/stack/services.ts'
import { auditTable, gatewayEnvironment, vaultHost } from '../../../infra/local/stack/settings.ts'
import { makeTeardown } from '../../../infra/local/stack/teardown.ts'
import { type Finished, stackCommands } from '../gateway-launch.ts'
import { connectInspector, type Inspector } from './inspector.ts'
import { everyone, type Identity, identityOf, secondTenantPolicy } from './people.ts'
import { type SeenExchange, startStsTap } from './sts-tap.ts'

export interface IsolationWorld {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string
  readonly mint: (identity: Identity, overrides?: MintOverrides) => MintedToken
  /** Asks the next exchange of that person for an authentication context. */
  readonly challenge: (identity: Identity, context: string) => Promise<void>
  /** What the sign-in service and the orders API saw, in order. */
  readonly exchanges: readonly SeenExchange[]
  readonly orderCalls: readonly SeenCall[]
  /** The database's statement log, as its server wrote it. */
  readonly databaseLog: string
  /** Rows that the database's owner sees. */
  readonly asOwner: (sql: string) => Promise<readonly Readonly<Record<string, unknown>>[]>
  readonly inspector: Inspector
  /** All that the gateway has written. */
  readonly log: () => string
  readonly command: (...args: string[]) => Promise<Finished>
  readonly script: (script: string) => Promise<Finished>
  readonly stop: () => Promise<void>
}

export interface IsolationOptions {
  /** A folder with another build of the app, `dist` and all; ours unless given. */
  readonly app?: string
}

const readyWithinMs = 30_000

/** Starts it; resolves when the gateway serves. */
export async function openIsolationWorld(options: IsolationOptions = {}): Promise<IsolationWorld> {
  const home = mkdtempSync(join(tmpdir(), 'countersign-isolation-'))
  const run = makeRunFolder()
  const guard = startGuard()
  for (const path of [home, run]) guard.sweep(path)
  const teardown = makeTeardown((part, error) => process.stderr.write(`stopping ${part} failed: ${String(error)}\n`))
  const app = join(home, 'app')
  const [services] = await Promise.all([
    startServices({ run, kept: null, guard, teardown }),
    options.app === undefined ? provideApp(app) : cpSync(options.app, app, { recursive: true }),
  ])
  writeFileSync(join(app, 'dist/policy/isolation.cedar'), secondTenantPolicy)
  const seen = await listen(services)
  const gateway = await launchGateway({ home, app, services, entra: seen.tap.url, orders: seen.orders.url })
  guard.watch(gateway.child.pid, 'SIGKILL')
  const file = describeStack({ home, services, gateway, guardPid: guard.pid })
  writePrivate(join(home, 'stack.json'), file)
  const stop = async () => {
    gateway.inspector.close()
    await gateway.child.stop()
    await Promise.all([seen.tap.stop(), seen.orders.stop()])
    await teardown.run()
    for (const path of [home, run]) rmSync(path, { recursive: true, force: true })
    await guard.dismiss()
  }
  return {
    url: gateway.url,
    mint: (identity, overrides = {}) => services.entra.mint(identity.persona, { ...identity.overrides, ...overrides }),
    challenge: (identity, context) => plantChallenge(services, identity, context),
    exchanges: seen.tap.seen,
    orderCalls: seen.calls,
    databaseLog: services.database.log,
    asOwner: (sql) =>
      asOwner(services.database.sockets, services.database.database, async (client) => (await client.query(sql)).rows),
    inspector: gateway.inspector,
    log: () => readFileSync(gateway.logFile, 'utf8'),
    ...stackCommands(home, file),
    stop,
  }
}

interface Listening {
  readonly tap: Awaited<ReturnType<typeof startStsTap>>
  readonly orders: OrdersApi
  readonly calls: readonly SeenCall[]
}

/** The tap, and an orders API of both tenants that writes an access log. */
async function listen({ entra, certificates }: Services): Promise<Listening> {
  const calls: SeenCall[] = []
  const orders = await startOrders({
    entra: entra.url,
    tenant: tenants.home,
    tenants: [tenants.other],
    clientId: apps.orders,
    certificate: certificates,
    rightsOf: ({ tid, oid }) => {
      const { region = null, edits = false } = identityOf(tid, oid) ?? {}
      return { regions: region === null ? [] : [region], edit: edits, remove: false }
    },
    watch: (seen) => void calls.push(seen),
  })
  return { tap: await startStsTap(entra.url), orders, calls }
}

interface Launch {
  readonly home: string
  readonly app: string
  readonly services: Services
  readonly entra: string
  readonly orders: string
}

interface Gateway {
  readonly child: Child
  readonly url: string
  readonly logFile: string
  readonly inspector: Inspector
}

async function launchGateway({ home, app, services, entra, orders }: Launch): Promise<Gateway> {
  const port = await takePort(0)
  const ca = join(home, 'ca.pem')
  const logFile = join(home, 'gateway.log')
  writePrivate(ca, services.certificates.ca)
  const { storage, evidence, proxy, front } = services
  const { msi, evidenceMsi } = services.entra
  const env = gatewayEnvironment({
    ...{ port, ca, entra, msi, evidenceMsi, storage, evidence, orders },
    ...{ proxy: proxy.url, postgresPort: front.port, files: services.blobs.url, databricks: services.databricks.url },
  })
  const child = startChild({
    command: process.execPath,
    args: [...argumentsFor({ bundled: 'gateway.mjs', source: 'host/main.ts' }), '--app', app, '--port', String(port)],
    signal: 'SIGTERM',
    graceMs: 10_000,
    cwd: app,
    env: { ...env, NODE_OPTIONS: '--inspect=127.0.0.1:0' },
    lifeline: true,
    log: logFile,
  })
  const url = `http://127.0.0.1:${port}`
  await untilServing(child, url, logFile)
  const address = /ws:\/\/\S+/.exec(readFileSync(logFile, 'utf8'))?.[0] ?? ''
  return { child, url, logFile, inspector: await connectInspector(address) }
}

async function untilServing(child: Child, url: string, logFile: string): Promise<void> {
  for (const deadline = Date.now() + readyWithinMs; Date.now() < deadline; await sleep(50)) {
    const answer = await fetch(`${url}/health`).catch(() => null)
    await answer?.body?.cancel()
    if (answer?.ok) return
    if (child.process.exitCode !== null) break
  }
  await child.stop()
  throw new Error(`the gateway did not start:\n${readFileSync(logFile, 'utf8').slice(0, 2000)}`)
}

async function plantChallenge({ entra }: Services, { oid }: Identity, context: string): Promise<void> {
  // Faults go by object id alone, which the twin shares.
  if (everyone.filter((one) => one.oid === oid).length > 1) throw new Error('nobody alone has this object id')
  const body = JSON.stringify({ kind: 'claims', oid, acrs: context, count: 1 })
  const headers = { 'content-type': 'application/json' }
  await (await fetch(`${entra.url}/dev/fault`, { method: 'POST', headers, body })).body?.cancel()
}

interface Facts {
  readonly home: string
  readonly services: Services
  readonly gateway: Gateway
  readonly guardPid: number
}

function describeStack({ home, services, gateway, guardPid }: Facts): StackFile {
  const { storage, evidence, entra, proxy, front, database, orders, blobs, databricks } = services
  const { connectionString } = storage
  return {
    gateway: gateway.url,
    entra: entra.url,
    tenant: tenants.home,
    clientId: apps.api,
    tables: { url: storage.tables, connectionString, table: auditTable },
    evidenceApp: { url: '', key: '' },
    blobs: { url: evidence.url, connectionString: evidence.connectionString },
    evidence: { container: 'evidence', reports: 'reports', signingKey: 'evidence-signing' },
    vault: `https://${vaultHost}`,
    ca: join(home, 'ca.pem'),
    proxy: proxy.url,
    backends: {
      'azure-postgresql': { host: '127.0.0.1', port: front.port, database: database.database },
      'databricks-sql': { url: databricks.url },
      'rest-entra-api': { url: orders.url },
      'azure-storage-blob': { url: blobs.url },
    },
    pids: {
      stack: process.pid,
      gateway: gateway.child.pid,
      evidence: gateway.child.pid,
      azurite: storage.pid,
      postgres: database.pid,
      guard: guardPid,
    },
  }
}
