import { randomUUID } from 'node:crypto'
import { TableClient } from '@azure/data-tables'
import { type OrdersApi, startOrders } from '../../infra/local/orders/server.ts'
import { apps, type PersonaName, tenants } from '../../infra/local/personas.ts'
import { gatewayEnvironment } from '../../infra/local/stack/settings.ts'
import type { ApprovalStore } from '../../shared/approval/approval.ts'
import { createSealedApprovals } from '../../shared/approval/sealed-approvals.ts'
import { createTableApprovals } from '../../shared/approval/table-approvals.ts'
import { tableNames } from '../../shared/audit/store.ts'
import { readStoredChain } from '../../shared/audit/stored-chain.ts'
import { createTableRows } from '../../shared/audit/table-rows.ts'
import { type VerifyReport, verifyChain } from '../../shared/audit/verify.ts'
import { type TimeLimits, timeLimits } from '../../shared/config/time-limits.ts'
import type { Gateway } from './fault-gateways.ts'
import { describeEntra, describeOrders, describePosts, describeTables, describeVault } from './fault-labels.ts'
import { createPlan, type Failure, type Fault, type Plan, type Service } from './fault-plan.ts'
import { startPostgresProxy } from './fault-postgres.ts'
import { startFaultProxy } from './fault-proxy.ts'
import { type FaultWorld, vaultDomain } from './fault-world.ts'

/** For services that do not answer: given up soon, but with room for a busy machine. */
const shortLimits: TimeLimits = {
  table: 1500,
  append: 6000,
  approval: 1500,
  vault: 2500,
  identity: 2000,
  exchange: 2500,
  keys: 1500,
  graph: 1500,
  evidence: 1500,
  call: 4000,
}

/** For everything that is answered, however slow the machine is that runs the tests. */
const patientLimits: TimeLimits = {
  ...timeLimits,
  table: 5000,
  append: 12_500,
  approval: 8000,
  vault: 12_000,
  identity: 10_000,
}

const waited: readonly Failure[] = ['late', 'slow', 'wrong type', 'garbled']
const ofPlatform: readonly Service[] = ['book', 'approvals', 'state', 'emergency access', 'vault', 'managed identity']

/** The limits under which a failure is met: none is waited for longer than need be, none met by chance. */
export function limitsFor(fault: Fault | null): TimeLimits {
  if (fault !== null && waited.includes(fault.failure)) return shortLimits
  return fault?.lasting === true && ofPlatform.includes(fault.service) ? timeLimits : patientLimits
}

/** One gateway with a book, a table of approvals and an orders API of its own, and a forwarder before each service. */
export interface Site {
  readonly gateway: Gateway
  readonly plan: Plan
  readonly approvals: ApprovalStore
  /** Access tokens for the gateway. */
  readonly token: (persona: PersonaName, overrides?: Readonly<Record<string, unknown>>) => string
  /** Ids of the orders that there are. */
  readonly orders: () => readonly string[]
  /** Rows of the book, as they are stored. */
  readonly rows: () => Promise<readonly BookRow[]>
  readonly verify: () => Promise<VerifyReport>
  /** Ends the gateway, and then what stands between it and the services. */
  readonly closeGateway: () => Promise<void>
  /** Ends all of it. */
  readonly close: () => Promise<void>
}

export interface BookRow {
  readonly kind: string
  readonly decisionId: string
  /** What an outcome says; empty for other rows. */
  readonly outcome: Readonly<Record<string, unknown>>
}

export interface SiteOptions {
  readonly limits: TimeLimits
  /** Whether somebody is told of requests for approvals. */
  readonly tells: boolean
}

/** Opens one; nothing has been called yet. */
export async function openSite(world: FaultWorld, { limits, tells }: SiteOptions): Promise<Site> {
  const account = world.takeAccount()
  const connection = { account: { connectionString: account.connectionString }, allowInsecure: true, timeout: 20_000 }
  const table = TableClient.fromConnectionString(account.connectionString, 'audit', { allowInsecureConnection: true })
  const plan = createPlan((decisionId) => hasIntent(table, decisionId))
  const orders = await startOrders({
    ...{ entra: world.entra.url, tenant: tenants.home, clientId: apps.orders, certificate: world.certificates },
  })
  const between = await openForwarders(world, { plan, orders, tells, account: account.name })
  const gateway = await world.gateways.open(between.env, limits)
  const rows = createTableRows({ ...connection, names: tableNames('audit') })
  const keys = async (kid: string) => world.keys.get(kid) ?? null
  return {
    gateway,
    plan,
    approvals: createSealedApprovals({
      rows: createTableApprovals({ ...connection, table: 'approvals' }),
      keys: { current: async () => currentOf(world), find: keys },
      onForgery: ({ id }) => {
        throw new Error(`the row of ${id} is not sealed`)
      },
    }),
    token: (persona, overrides = {}) => world.entra.mint(persona, overrides).token,
    orders: () => orders.read().orders.map((order) => order.order_id),
    rows: () => readRows(table),
    verify: () => verifyChain({ source: readStoredChain(rows), keys, now: Date.now() }),
    closeGateway: gateway.close,
    close: async () => {
      await gateway.close()
      await between.stop()
      await orders.stop()
    },
  }
}

/** The month's key, as the gateway takes it: the vault knows further ones, which are not valid yet. */
function currentOf({ keys }: FaultWorld) {
  const month = new Date().toISOString().slice(0, 7)
  const current = [...keys].find(([kid]) => kid.startsWith(`audit-hmac-${month}/`))
  if (current === undefined) throw new Error('no key')
  return { kid: current[0], key: current[1].key }
}

type Columns = Readonly<Record<string, unknown>>

async function hasIntent(table: TableClient, decisionId: string): Promise<boolean> {
  const rows = await readRows(table, `decisionId eq '${decisionId}'`)
  return rows.some(({ kind }) => kind === 'intent')
}

async function readRows(table: TableClient, filter = ''): Promise<readonly BookRow[]> {
  const found: BookRow[] = []
  for await (const entity of table.listEntities<Columns>({ queryOptions: { filter } })) {
    if (entity.rowKey?.startsWith('r') !== true || !(entity.c instanceof Uint8Array)) continue
    const document = JSON.parse(Buffer.from(entity.c).toString('utf8')) as Record<string, unknown>
    const { kind, decisionId = '', outcome = {} } = document
    found.push({ kind: String(kind), decisionId: String(decisionId), outcome: outcome as BookRow['outcome'] })
  }
  return found
}

interface Between {
  readonly plan: Plan
  readonly orders: OrdersApi
  readonly account: string
  readonly tells: boolean
}

/** Of a backend whose exchanges are looked at by themselves. */
const quota = {
  ...{ name: 'questions-a-day', meter: 'calls', per: ['person'], window: 'day', limit: 1_000_000 },
  backend: 'azure-postgresql',
}

async function openForwarders(world: FaultWorld, { plan, orders, account, tells }: Between) {
  const { certificates, ports, entra } = world
  const planOf = () => plan
  const { ca } = certificates
  const host = `g${account}.${vaultDomain}`
  const clientId = randomUUID()
  const tls = { certificate: certificates, planOf }
  const [tables, vault, api, sign, postgres, posts] = await Promise.all([
    startFaultProxy({ ...tls, target: { url: world.tables.url, ca }, describe: describeTables }),
    startFaultProxy({
      ...tls,
      target: { url: `https://127.0.0.1:${ports.vault}`, ca, servername: `any.${vaultDomain}` },
      describe: describeVault,
    }),
    startFaultProxy({ ...tls, target: { url: orders.url, ca }, describe: describeOrders }),
    startFaultProxy({ planOf, target: { url: entra.url }, describe: describeEntra }),
    startPostgresProxy({ port: ports.front, ca, certificate: certificates, plan }),
    startFaultProxy({ ...tls, target: { url: world.receiver.url, ca }, describe: describePosts }),
  ])
  world.routes[host] = { host: '127.0.0.1', port: vault.port }
  world.identities.set(clientId, plan)
  const secret = `notice-webhook-${account}`
  const address = { url: `https://127.0.0.1:${posts.port}/webhook`, key: world.receiver.key }
  world.keepSecret(secret, JSON.stringify(address))
  const all = gatewayEnvironment({
    port: 7071,
    ca: world.ca,
    entra: `http://127.0.0.1:${sign.port}`,
    msi: { ...world.identity, clientId },
    evidenceMsi: world.identity,
    storage: { tables: `https://127.0.0.1:${tables.port}/${account}`, connectionString: '' },
    evidence: { url: 'https://127.0.0.1:1', accountId: '', resourceManager: 'https://127.0.0.1:1' },
    proxy: world.proxyUrl,
    postgresPort: postgres.port,
    orders: `https://127.0.0.1:${api.port}`,
    files: 'https://127.0.0.1:1/files',
    databricks: 'https://127.0.0.1:1',
  })
  const named = {
    ...all,
    COUNTERSIGN_BACKENDS: JSON.stringify(onlyDeclared(all.COUNTERSIGN_BACKENDS ?? '{}')),
    COUNTERSIGN_STACK_PROXY: undefined,
    COUNTERSIGN_KEY_VAULT_URL: `https://${host}`,
    COUNTERSIGN_NOTICES: JSON.stringify(tells ? [{ kind: 'webhook', secret }] : []),
    COUNTERSIGN_QUOTAS: JSON.stringify([quota]),
    // Each try leaves a request behind.
    COUNTERSIGN_APPROVAL_OPEN_LIMIT: '1000',
  }
  const env = Object.entries(named).filter(([name, value]) => name.startsWith('COUNTERSIGN_') && value !== undefined)
  return {
    env: Object.fromEntries(env) as Record<string, string>,
    stop: async () => {
      delete world.routes[host]
      world.identities.delete(clientId)
      await Promise.all([tables, vault, api, sign, postgres, posts].map((one) => one.stop()))
    },
  }
}

/** The gateways of these tests have the declarations of four backends. */
function onlyDeclared(backends: string): object {
  const four = ['azure-postgresql', 'azure-storage-blob', 'databricks-sql', 'rest-entra-api']
  const all = JSON.parse(backends) as Readonly<Record<string, unknown>>
  return Object.fromEntries(Object.entries(all).filter(([name]) => four.includes(name)))
}
