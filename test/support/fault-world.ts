import { createSecretKey, randomBytes } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { startAzurite } from '../../infra/local/azurite/azurite.ts'
import { type Entra, startEntra } from '../../infra/local/entra/stand-in.ts'
import { startNotices } from '../../infra/local/notices/server.ts'
import { personas, tenants } from '../../infra/local/personas.ts'
import { type Database, startDatabase } from '../../infra/local/postgres/database.ts'
import { postgresAudience, startFront } from '../../infra/local/postgres/front.ts'
import { databasePeople } from '../../infra/local/postgres/roles.ts'
import { type Route, startProxy } from '../../infra/local/proxy/connect-proxy.ts'
import { makeRunFolder } from '../../infra/local/stack/scratch.ts'
import { makeTeardown, type Teardown } from '../../infra/local/stack/teardown.ts'
import { makeSecret, secretNames } from '../../infra/local/stack/vault-secrets.ts'
import { type Certificates, makeCertificates } from '../../infra/local/tls/certificates.ts'
import { startVault } from '../../infra/local/vault/vault.ts'
import type { VerifyKey } from '../../shared/audit/verify-row.ts'
import { type Gateways, startGateways } from './fault-gateways.ts'
import { describeIdentity } from './fault-labels.ts'
import type { Plan } from './fault-plan.ts'
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts'

/** All services, and a process of gateways that reach them through forwarders only. Everything is in memory. */
export interface FaultWorld {
  readonly certificates: Certificates
  readonly entra: Entra
  readonly gateways: Gateways
  readonly ports: { readonly vault: number; readonly front: number }
  /** Where the table server is, without an account; and the same in plain http, for the test's own reading. */
  readonly tables: { readonly url: string; readonly plainPort: number }
  /** The book's keys, by their ids. */
  readonly keys: ReadonlyMap<string, VerifyKey>
  /** Leads a host of the vault's domain to a port; and a client id of the managed identity to a plan. */
  readonly routes: Record<string, Route>
  readonly identities: Map<string, Plan>
  readonly identity: { readonly endpoint: string; readonly header: string }
  readonly proxyUrl: string
  /** Where notices go; and takes a secret of the vault, such as their address and key. */
  readonly receiver: { readonly url: string; readonly key: string }
  readonly keepSecret: (name: string, value: string) => void
  readonly ca: string
  /** Takes an account of the table server that nobody has used. */
  readonly takeAccount: () => { readonly name: string; readonly connectionString: string }
  /** Runs a statement in the database as carol, past every fault. */
  readonly sql: (text: string, values: readonly unknown[]) => Promise<readonly Readonly<Record<string, unknown>>[]>
  readonly stop: () => Promise<void>
}

const accountCount = 3000
const accountKey = 'a2V5'
export const vaultDomain = 'vault.localhost'

/** Starts it all. */
export async function openFaultWorld(): Promise<FaultWorld> {
  const run = makeRunFolder()
  const teardown = makeTeardown((part, error) => process.stderr.write(`stopping ${part} failed: ${String(error)}\n`))
  const names = Array.from({ length: accountCount }, (_, index) => `fault${index}`)
  const certificates = await makeCertificates(['127.0.0.1', 'localhost', vaultDomain, `*.${vaultDomain}`])
  const ca = join(run, 'ca.pem')
  writeFileSync(ca, certificates.ca)
  const accounts = names.map((name) => `${name}:${accountKey}`)
  const [database, storage, entra] = await Promise.all([
    startDatabase({ run, people: databasePeople }),
    startAzurite({ run, certificate: certificates, accounts }),
    startEntra(),
  ])
  teardown.add('database', database)
  teardown.add('azurite', storage)
  teardown.add('entra', entra)
  const parts = await startParts({ certificates, database, entra, teardown })
  const tables = storage.tables.replace(/\/\w+$/, '')
  const identities = new Map<string, Plan>()
  const [plain, identity] = await Promise.all([
    startPlainTables(tables, certificates),
    startIdentity(entra, identities),
  ])
  const endpoint = `http://127.0.0.1:${identity.port}/msi/token`
  const gateways = await startGateways(environment({ ca, proxy: parts.proxyUrl, endpoint, header: entra.msi.header }))
  const client = await openDatabase(entra, { port: parts.ports.front, ca: certificates.ca })
  return {
    ...{ certificates, entra, gateways, ca, identities, ...parts },
    sql: async (text, values) => (await client.query(text, [...values])).rows,
    identity: { endpoint, header: entra.msi.header },
    tables: { url: tables, plainPort: plain.port },
    takeAccount: () => takeAccount(names, plain.port),
    stop: async () => {
      await gateways.stop()
      await client.end()
      await Promise.all([plain.stop(), identity.stop()])
      await teardown.run()
      rmSync(run, { recursive: true, force: true })
    },
  }
}

interface Parts {
  readonly certificates: Certificates
  readonly database: Database
  readonly entra: Entra
  readonly teardown: Teardown
}

async function startParts({ certificates, database, entra, teardown }: Parts) {
  const front = await startFront({
    socket: join(database.sockets, '.s.PGSQL.5432'),
    certificate: certificates,
    homeTenant: tenants.home,
    verifyToken: (token) => entra.verifyAccessToken(token, { audience: postgresAudience }),
  })
  teardown.add('front', front)
  const named = { hostname: `any.${vaultDomain}`, audience: `https://${vaultDomain}` }
  const vault = teardown.add('vault', await startVault({ certificates, entra, ...named }))
  const keys = new Map<string, VerifyKey>()
  for (const name of secretNames(new Date())) {
    const secret = makeSecret()
    const version = vault.seed(name, secret).split('/').at(-1) ?? ''
    keys.set(`${name}/${version.slice(0, 8)}`, { key: createSecretKey(Buffer.from(secret, 'base64')) })
  }
  const routes: Record<string, Route> = {}
  const proxy = teardown.add('proxy', await startProxy({ routes }))
  const noticeKey = randomBytes(32)
  const notices = teardown.add('notices', await startNotices({ certificate: certificates, key: noticeKey }))
  return {
    ...{ keys, routes, proxyUrl: proxy.url, ports: { vault: vault.port, front: front.port } },
    receiver: { url: notices.url, key: `whsec_${noticeKey.toString('base64')}` },
    keepSecret: (name: string, value: string) => void vault.seed(name, value),
  }
}

/** The test reads the book in plain http, past every fault: its own process does not know the authority. */
function startPlainTables(url: string, { ca }: Certificates): Promise<FaultProxy> {
  const target = { url, ca, servername: '' }
  return startFaultProxy({ target, describe: () => ({ service: 'book', label: '' }), planOf: () => undefined })
}

/** One endpoint for all gateways, as the process's environment has one; each has a client id of its own. */
function startIdentity(entra: Entra, identities: ReadonlyMap<string, Plan>): Promise<FaultProxy> {
  return startFaultProxy({
    target: { url: entra.url },
    describe: describeIdentity,
    planOf: ({ path }) => identities.get(new URL(path, 'http://localhost').searchParams.get('client_id') ?? ''),
    rewrite: (path) => path.replace(/client_id=[^&]*/, `client_id=${entra.msi.clientId}`),
  })
}

function environment(at: { ca: string; proxy: string; endpoint: string; header: string }): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    NODE_EXTRA_CA_CERTS: at.ca,
    HTTPS_PROXY: at.proxy,
    NO_PROXY: '127.0.0.1,localhost',
    IDENTITY_ENDPOINT: at.endpoint,
    IDENTITY_HEADER: at.header,
  }
}

function takeAccount(names: string[], port: number) {
  const name = names.shift()
  if (name === undefined) throw new Error('no account is left')
  const endpoint = `TableEndpoint=http://127.0.0.1:${port}/${name};`
  return {
    name,
    connectionString: `DefaultEndpointsProtocol=http;AccountName=${name};AccountKey=${accountKey};${endpoint}`,
  }
}

async function openDatabase(entra: Entra, { port, ca }: { port: number; ca: string }): Promise<Client> {
  const claims = { version: 1, aud: postgresAudience, scope: 'user_impersonation' } as const
  const password = entra.mint('carol', claims).token
  const user = personas.carol.username
  const client = new Client({ host: '127.0.0.1', port, database: 'countersign', user, password, ssl: { ca } })
  await client.connect()
  return client
}
