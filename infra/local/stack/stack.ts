import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { cosmosDatabase } from '../cosmos/seed.ts'
import { deploymentSettings } from '../doctor/deployment.ts'
import { evidenceContainer, reportsContainer } from '../evidence/roles.ts'
import { mongoDatabase } from '../mongo/seed.ts'
import { apps, tenants } from '../personas.ts'
import { takePort } from './free-port.ts'
import { type GatewaySlot, openGatewaySlot } from './gateway-slot.ts'
import { type Guard, startGuard } from './guard.ts'
import { type DeclaredLoss, type KeptState, openKeptState } from './kept-state.ts'
import { localFolder, projectRoot, readRunningStack, removeFile, type StackFile, writePrivate } from './local-folder.ts'
import { makeRunFolder, removeDeadRunFolders } from './scratch.ts'
import { type Services, startServices } from './services.ts'
import { auditTable, evidenceEnvironment, gatewayEnvironment, type Surroundings, vaultHost } from './settings.ts'
import { makeTeardown, type Teardown } from './teardown.ts'
import { signingKeyName } from './vault-secrets.ts'

export interface StackOptions {
  /** Port of the gateway; 0 takes any free one. */
  readonly port: number
  /** Keep data and keys in the local folder over a stop. */
  readonly keep?: boolean
  /** The local folder; default `localFolder()`. */
  readonly home?: string
  /** Folder of the Functions app; default the project. */
  readonly app?: string
  /** Runs while the services start, before the gateway does: the build. */
  readonly prepare?: () => Promise<unknown>
}

/** A running stack. */
export interface Stack {
  readonly file: StackFile
  /** What an unclean end of the last kept run may have cost. */
  readonly loss: DeclaredLoss | null
  /** Resolves when the gateway ends by itself, with its exit code or signal. */
  readonly gatewayEnded: Promise<number | string>
  /** Restarts the gateway alone, from another folder, on the same port; rejects with none running where that fails. */
  replaceGateway(app: string): Promise<void>
  /** Stops everything in order; removes `stack.json`. */
  stop(): Promise<void>
}

/** Starts the whole embedded stack and resolves when the gateway serves. A start that fails leaves nothing behind. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const home = options.home ?? localFolder()
  refuseSecond(home)
  const port = await takePort(options.port)
  const room = openRoom(home, options.keep === true)
  try {
    const [services] = await bothDone(startServices(room), options.prepare?.())
    const ca = join(home, 'ca.pem')
    writePrivate(ca, services.certificates.ca)
    const key = randomBytes(24).toString('base64url')
    const [gateway, keeper] = await launchApps({ ...options, port, ca, key }, { room, services })
    const announce = () => {
      const file = describe({ port, ca, services, gateway, keeper, key, guard: room.guard })
      writePrivate(join(home, 'stack.json'), file)
      return file
    }
    const replaceGateway = async (app: string) => {
      await gateway.replace(app)
      announce()
      // Nobody waits for it: it serves no request.
      void keeper.replace(app).then(announce, (error: unknown) => process.stderr.write(`${String(error)}\n`))
    }
    const loss = room.kept?.loss ?? null
    return { file: announce(), loss, gatewayEnded: gateway.ended, replaceGateway, stop: () => closeRoom(room) }
  } catch (error) {
    await closeRoom(room)
    throw error
  }
}

interface Room {
  readonly home: string
  readonly run: string
  readonly kept: KeptState | null
  readonly guard: Guard
  readonly teardown: Teardown
}

function openRoom(home: string, keep: boolean): Room {
  removeDeadRunFolders()
  const run = makeRunFolder()
  const guard = startGuard()
  for (const path of [run, join(home, 'stack.json'), join(home, 'ca.pem')]) guard.sweep(path)
  const kept = keep ? openKeptState(join(home, 'kept'), new Date().toISOString()) : null
  const teardown = makeTeardown((part, error) => process.stderr.write(`stopping ${part} failed: ${String(error)}\n`))
  return { home, run, kept, guard, teardown }
}

async function closeRoom({ home, run, kept, guard, teardown }: Room): Promise<void> {
  await teardown.run()
  for (const name of ['stack.json', 'ca.pem']) removeFile(join(home, name))
  await rm(run, { recursive: true, force: true })
  kept?.close()
  await guard.dismiss()
}

/** Both, or the first error once both are done. */
async function bothDone<T>(services: Promise<T>, prepared: Promise<unknown> | undefined): Promise<[T]> {
  await Promise.allSettled([services, prepared])
  await prepared
  return [await services]
}

function refuseSecond(home: string): void {
  const running = readRunningStack(home)
  if (running === null) return
  const hint = 'stop it, or give this one another folder by COUNTERSIGN_LOCAL_DIR and another PORT'
  throw new Error(`a stack is running already on ${running.gateway} (process ${running.pids.stack}): ${hint}`)
}

/** The two apps of one package, each under settings of its own. */
async function launchApps(
  options: { port: number; ca: string; app?: string; key: string },
  { room, services }: { room: Room; services: Services },
): Promise<readonly [GatewaySlot, GatewaySlot]> {
  const surroundings = surroundingsOf(options, services)
  const app = options.app ?? projectRoot
  const { watch: announce } = room.guard
  const { teardown } = room
  const gateway = { app, port: options.port, env: gatewayEnvironment(surroundings), announce }
  const own = evidenceEnvironment(surroundings)
  const evidenceEnv = { ...own, HOST_MASTER_KEY: options.key }
  const evidence = { app, port: 0, env: evidenceEnv, announce, isQuiet: true }
  const started = [
    openGatewaySlot(gateway).then((slot) => teardown.add('gateway', slot)),
    openGatewaySlot(evidence).then((slot) => teardown.add('evidence', slot)),
  ] as const
  await Promise.allSettled(started)
  return Promise.all(started)
}

function surroundingsOf({ port, ca }: { port: number; ca: string }, services: Services): Surroundings {
  return {
    port,
    ca,
    entra: services.entra.url,
    msi: services.entra.msi,
    evidenceMsi: services.entra.evidenceMsi,
    storage: services.storage,
    evidence: services.evidence,
    proxy: services.proxy.url,
    postgresPort: services.front.port,
    sqlPort: services.tds.port,
    orders: services.orders.url,
    files: services.blobs.url,
    databricks: services.databricks.url,
    cosmos: services.cosmos.url,
    mongoPort: services.mongo.port,
    openai: services.openai.url,
    fabric: services.fabric.url,
    notes: services.notes.url,
    logs: services.logs.url,
  }
}

interface Facts {
  readonly port: number
  readonly ca: string
  readonly services: Services
  readonly gateway: GatewaySlot
  readonly keeper: GatewaySlot
  /** Master key of the evidence app's host. */
  readonly key: string
  readonly guard: Guard
}

function describe({ port, ca, services, gateway, keeper, key, guard }: Facts): StackFile {
  const { storage, evidence, entra, proxy, front, tds, database, orders, blobs, databricks, logs, notices } = services
  const { cosmos, mongo, openai, fabric, notes } = services
  const { connectionString } = storage
  return {
    gateway: `http://localhost:${port}`,
    entra: entra.url,
    tenant: tenants.home,
    clientId: apps.api,
    tables: { url: storage.tables, connectionString, table: auditTable },
    evidenceApp: { url: keeper.url(), key },
    blobs: { url: evidence.url, connectionString: evidence.connectionString },
    evidence: { container: evidenceContainer, reports: reportsContainer, signingKey: signingKeyName },
    vault: `https://${vaultHost}`,
    logs: logs.url,
    notices: { url: notices.url },
    ca,
    proxy: proxy.url,
    backends: {
      'azure-postgresql': { host: '127.0.0.1', port: front.port, database: database.database },
      'azure-sql-database': { host: 'localhost', port: tds.port, database: database.database },
      'databricks-sql': { url: databricks.url },
      'azure-openai': { url: openai.url },
      'rest-entra-api': { url: orders.url },
      'azure-storage-blob': { url: blobs.url },
      'cosmosdb-nosql': { url: cosmos.url, database: cosmosDatabase },
      'cosmosdb-mongodb': { host: '127.0.0.1', port: mongo.port, database: mongoDatabase },
      'fabric-core': { url: `${fabric.url}/v1` },
      'fabric-onelake': { url: fabric.url },
      powerbi: { url: fabric.url },
      'mcp-apim': { url: notes.url },
    },
    settings: deploymentSettings(gatewayEnvironment(surroundingsOf({ port, ca }, services))),
    pids: {
      stack: process.pid,
      gateway: gateway.pid(),
      evidence: keeper.pid(),
      azurite: storage.pid,
      postgres: database.pid,
      guard: guard.pid,
    },
  }
}
