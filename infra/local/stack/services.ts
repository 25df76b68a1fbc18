import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Storage, startAzurite } from '../azurite/azurite.ts'
import type { BlobFront } from '../blobs/front.ts'
import { startBlobs } from '../blobs/server.ts'
import { accountResource } from '../cosmos/access-token.ts'
import { type CosmosAccount, startCosmos } from '../cosmos/account.ts'
import { type DatabricksWorkspace, startDatabricks } from '../databricks/workspace.ts'
import type { Resource } from '../entra/resources.ts'
import { type Entra, type EntraState, startEntra } from '../entra/stand-in.ts'
import { type EvidenceAccount, startEvidence } from '../evidence/server.ts'
import { type FabricServer, startFabric } from '../fabric/server.ts'
import { logReaders } from '../logs/access-token.ts'
import { makeFeeds, makeRequestLog, type RequestLog } from '../logs/feeds.ts'
import { type LogsWorkspace, startLogs } from '../logs/server.ts'
import { notesResource } from '../mcp-upstream/access-token.ts'
import { type NotesServer, startNotesServer } from '../mcp-upstream/server.ts'
import { type MongoCluster, startCluster } from '../mongo/cluster.ts'
import { type NoticeReceiver, startNotices } from '../notices/server.ts'
import { type OpenAiResource, startOpenAi } from '../openai/server.ts'
import type { StoredBook } from '../orders/book.ts'
import { type OrdersApi, startOrders } from '../orders/server.ts'
import { apps, personas, tenants } from '../personas.ts'
import { type Database, startDatabase } from '../postgres/database.ts'
import { type Front, postgresAudience, startFront } from '../postgres/front.ts'
import { databasePeople } from '../postgres/roles.ts'
import { type Proxy as ConnectProxy, startProxy } from '../proxy/connect-proxy.ts'
import { sqlAudience, startTds, type TdsServer } from '../tds/server.ts'
import { type Certificates, makeCertificates } from '../tls/certificates.ts'
import { startVault } from '../vault/vault.ts'
import type { Guard } from './guard.ts'
import type { KeptState } from './kept-state.ts'
import { type KeptVault, keepUpToDate, seedSecrets } from './kept-vault.ts'
import { retentionDays, vaultHost } from './settings.ts'
import type { Teardown } from './teardown.ts'
import { vaultRoles } from './vault-roles.ts'
import { signingKeyName } from './vault-secrets.ts'

export interface ServicesOptions {
  /** Run folder: removed at the end. */
  readonly run: string
  readonly kept: KeptState | null
  readonly guard: Guard
  readonly teardown: Teardown
}

/** Everything that the gateway talks to. */
export interface Services {
  readonly certificates: Certificates
  readonly storage: Storage
  readonly database: Database
  readonly front: Front
  readonly tds: TdsServer
  readonly entra: Entra
  readonly orders: OrdersApi
  readonly blobs: BlobFront
  readonly evidence: EvidenceAccount
  readonly databricks: DatabricksWorkspace
  readonly fabric: FabricServer
  readonly logs: LogsWorkspace
  readonly notices: NoticeReceiver
  readonly cosmos: CosmosAccount
  readonly mongo: MongoCluster
  readonly openai: OpenAiResource
  readonly notes: NotesServer
  readonly proxy: ConnectProxy
}

/** Starts all services, in parallel where one does not need the other; each is noted for teardown as it comes up. */
export async function startServices(options: ServicesOptions): Promise<Services> {
  const hosts = ['127.0.0.1', 'localhost', vaultHost]
  const database = launchDatabase(options)
  const certificates = await makeCertificates(hosts)
  const storage = launchAzurite(options, certificates)
  // Its address names it in the sign-in service, which therefore comes after it.
  const cosmos = await launchCosmos(options, certificates, () => entra.url)
  const entra = await launchEntra(options, [accountResource(cosmos.url), notesResource])
  const notices = await launchNotices(options, certificates)
  const mongo = await launchMongo(options, { certificates, entra })
  const requests = makeRequestLog()
  const started = await settleAll([
    database,
    storage,
    database.then((ready) => launchFront(options, { certificates, database: ready, entra })),
    database.then((ready) => launchTds(options, { certificates, database: ready, entra })),
    launchOrders(options, { certificates, entra }),
    launchVault(options, { certificates, entra, notices }),
    storage.then((ready) => launchBlobs(options, { certificates, storage: ready, entra, requests })),
    storage.then((ready) => launchEvidence(options, { certificates, storage: ready, entra })),
    database.then((ready) => launchDatabricks(options, { certificates, database: ready, entra })),
    database.then((ready) => launchLogs(options, { certificates, database: ready, entra, requests })),
    launchOpenAi(options, { certificates, entra }),
    launchFabric(options, { certificates, entra }),
    launchNotes(options, { certificates, entra }),
  ])
  const [ready, azurite, front, tds, orders, proxy, blobs, evidence, databricks, logs, openai, fabric, notes] = started
  const data = { storage: azurite, database: ready, front, tds, orders, blobs, evidence, databricks, logs }
  const more = { cosmos, mongo, openai, fabric, notes }
  return { certificates, entra, notices, proxy, ...data, ...more }
}

/** Like Promise.all, but waits for every part before it fails: what came up late must be stopped too. */
async function settleAll<T extends readonly unknown[]>(
  parts: {
    readonly [K in keyof T]: Promise<T[K]>
  },
): Promise<T> {
  await Promise.allSettled(parts)
  return (await Promise.all(parts)) as unknown as T
}

async function launchDatabase({ run, kept, guard, teardown }: ServicesOptions): Promise<Database> {
  const options = { run, keep: kept?.folder, people: databasePeople, announce: guard.watch }
  return teardown.add('database', await startDatabase(options))
}

async function launchAzurite(options: ServicesOptions, certificate: Certificates): Promise<Storage> {
  const { run, kept, guard, teardown } = options
  return teardown.add('azurite', await startAzurite({ run, keep: kept?.folder, certificate, announce: guard.watch }))
}

async function launchEntra({ kept, teardown }: ServicesOptions, resources: readonly Resource[]): Promise<Entra> {
  const state = kept?.read<EntraState>('entra')
  const entra = teardown.add('entra', await startEntra(state === undefined ? { resources } : { resources, state }))
  kept?.write('entra', entra.state())
  return entra
}

async function launchCosmos(
  { teardown }: ServicesOptions,
  certificate: Certificates,
  entra: () => string,
): Promise<CosmosAccount> {
  return teardown.add('cosmos', await startCosmos({ certificate, tenant: tenants.home, entra }))
}

type Built = { readonly certificates: Certificates; readonly entra: Entra }

async function launchFront({ teardown }: ServicesOptions, parts: Built & { database: Database }): Promise<Front> {
  const front = await startFront({
    socket: join(parts.database.sockets, '.s.PGSQL.5432'),
    certificate: parts.certificates,
    homeTenant: tenants.home,
    verifyToken: (token) => parts.entra.verifyAccessToken(token, { audience: postgresAudience }),
  })
  return teardown.add('front', front)
}

async function launchMongo({ teardown }: ServicesOptions, { certificates, entra }: Built): Promise<MongoCluster> {
  const verifyToken = (token: string) => entra.verifyAccessToken(token, { audience: postgresAudience })
  return teardown.add('mongo', await startCluster({ certificate: certificates, tenant: tenants.home, verifyToken }))
}

async function launchTds({ teardown }: ServicesOptions, parts: Built & { database: Database }): Promise<TdsServer> {
  const tds = await startTds({
    certificate: parts.certificates,
    place: parts.database,
    homeTenant: tenants.home,
    verifyToken: (token) => parts.entra.verifyAccessToken(token, { audience: sqlAudience }),
  })
  return teardown.add('tds', tds)
}

async function launchDatabricks(
  { teardown }: ServicesOptions,
  { certificates, database, entra }: Built & { database: Database },
): Promise<DatabricksWorkspace> {
  const place = { sockets: database.sockets, database: database.database }
  const rules = { entra: entra.url, tenant: tenants.home, certificate: certificates }
  return teardown.add('databricks', await startDatabricks({ ...rules, place, auditors: logReaders }))
}

async function launchLogs(
  { teardown }: ServicesOptions,
  { certificates, entra, database, requests }: Built & { database: Database; requests: RequestLog },
): Promise<LogsWorkspace> {
  const rules = { entra: entra.url, tenant: tenants.home, certificate: certificates }
  return teardown.add('logs', await startLogs({ ...rules, tables: makeFeeds(database.log, entra, requests) }))
}

async function launchFabric({ teardown }: ServicesOptions, { certificates, entra }: Built): Promise<FabricServer> {
  const rules = { entra: entra.url, tenant: tenants.home, certificate: certificates }
  return teardown.add('fabric', await startFabric(rules))
}

async function launchNotes({ teardown }: ServicesOptions, { certificates, entra }: Built): Promise<NotesServer> {
  const rules = { entra: entra.url, tenant: tenants.home, certificate: certificates }
  return teardown.add('mcp-upstream', await startNotesServer(rules))
}

async function launchOrders({ kept, teardown }: ServicesOptions, { certificates, entra }: Built): Promise<OrdersApi> {
  const stored = kept?.read<StoredBook>('orders')
  const rules = { entra: entra.url, tenant: tenants.home, clientId: apps.orders, certificate: certificates }
  const orders = await startOrders(stored === undefined ? rules : { ...rules, stored })
  const stop = async () => {
    await orders.stop()
    kept?.write('orders', orders.read())
  }
  return teardown.add('orders', { ...orders, stop })
}

/** Analysts have the role at the resource, nobody else. */
async function launchOpenAi({ teardown }: ServicesOptions, { certificates, entra }: Built): Promise<OpenAiResource> {
  const users = [personas.alice.oid, personas.bob.oid]
  const rules = { entra: entra.url, tenant: tenants.home, certificate: certificates }
  return teardown.add('openai', await startOpenAi({ ...rules, users }))
}

async function launchBlobs(
  { teardown }: ServicesOptions,
  { storage, requests, ...parts }: Built & { storage: Storage; requests: RequestLog },
): Promise<BlobFront> {
  const place = { account: storage.files, tenant: tenants.home }
  return teardown.add('blobs', await startBlobs({ ...parts, ...place, note: requests.note }))
}

async function launchEvidence(
  { teardown }: ServicesOptions,
  { certificates, storage, entra }: Built & { storage: Storage },
): Promise<EvidenceAccount> {
  const account = { ...storage.evidence, days: retentionDays }
  return teardown.add(
    'evidence-account',
    await startEvidence({ ...account, tenant: tenants.home, entra, certificates, release: readFirstRelease() }),
  )
}

/** The release that whoever starts the stack wants its policy from (COUNTERSIGN_LOCAL_RELEASE, a file). */
function readFirstRelease(): Uint8Array | undefined {
  const file = process.env.COUNTERSIGN_LOCAL_RELEASE ?? ''
  return file === '' ? undefined : readFileSync(file)
}

async function launchNotices({ teardown }: ServicesOptions, certificate: Certificates): Promise<NoticeReceiver> {
  return teardown.add('notices', await startNotices({ certificate, key: randomBytes(32) }))
}

async function launchVault(
  options: ServicesOptions,
  { certificates, entra, notices }: Built & { readonly notices: NoticeReceiver },
): Promise<ConnectProxy> {
  const kept = options.kept?.read<KeptVault>('vault')
  const named = {
    certificates,
    entra,
    hostname: vaultHost,
    audience: 'https://vault.localhost',
    mayUse: vaultRoles(entra.identities),
  }
  const vault = await startVault(kept === undefined ? named : { ...named, state: kept.state })
  const seeded = seedSecrets(vault, kept?.seeded ?? [])
  vault.seedKey(signingKeyName)
  for (const [name, value] of Object.entries(notices.secrets)) vault.seed(name, value)
  const settle = keepUpToDate(options.kept, () => ({ state: vault.state(), seeded }))
  const stop = async () => {
    await vault.stop()
    settle()
  }
  options.teardown.add('vault', { stop })
  const routes = { [vaultHost]: { host: '127.0.0.1', port: vault.port } }
  return options.teardown.add('proxy', await startProxy({ routes }))
}
