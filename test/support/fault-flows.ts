import { groups, type PersonaName } from '../../infra/local/personas.ts'
import type { Inbound } from '../../shared/pipeline/ports.ts'
import type { Service } from './fault-plan.ts'
import type { Site } from './fault-site.ts'

/** A governed call whose exchanges are to fail one by one. */
export interface Flow {
  readonly name: string
  /** Nobody has called this gateway before. */
  readonly first?: true
  /** A gateway that has been asked for the same lately would leave an exchange out. */
  readonly alone?: true
  /** What was looked up before is too old to be relied on. */
  readonly rested?: true
  /** Others are told of it. */
  readonly tells?: true
  /** A second person has agreed to it. */
  readonly approved?: true
  /** Nobody has been asked to agree to it yet. */
  readonly asks?: true
  readonly changes: boolean
  readonly persona: PersonaName
  readonly overrides?: Readonly<Record<string, unknown>>
  readonly operation: string
  readonly inputs: (marker: number) => unknown
  /** Services whose exchanges are of interest in this flow; all unless given. */
  readonly services?: readonly Service[]
}

const customer = { name: 'Nora Neu', email: 'nora@customer.example', phone: '+99 555 0100' }
const line = { sku: 'S-1', description: 'Pump S', quantity: 1, price: 10 }
const insert =
  "INSERT INTO sales.orders (customer_id, region, ordered_on, status, total_eur) VALUES (1, 'EMEA', '2026-03-01', 'open', $1)"

/** Marks what one case has put into the database, which all cases share. */
export const seedMarker = `${insert.replace('$1', '$1::numeric')}`
export const countMarker = 'SELECT count(*)::int AS n FROM sales.orders WHERE total_eur = $1::numeric'

export const flows: readonly Flow[] = [
  {
    ...{ name: 'the first call', first: true, changes: false, persona: 'alice' },
    ...{ operation: 'rest-entra-api/listOrders', inputs: () => ({ limit: 2 }) },
  },
  {
    ...{ name: 'a read', changes: false, persona: 'alice' },
    ...{ operation: 'rest-entra-api/listOrders', inputs: () => ({ limit: 2 }) },
  },
  {
    ...{ name: 'a read by somebody of many groups', changes: false, persona: 'alice', overrides: { overage: true } },
    ...{ operation: 'rest-entra-api/listOrders', inputs: () => ({ limit: 2 }) },
    services: ['token service', 'directory'],
  },
  {
    ...{ name: 'a look at salaries', alone: true, rested: true, changes: false, persona: 'heidi' },
    operation: 'azure-postgresql/executeQuery',
    inputs: () => ({ sql: 'SELECT salary_eur FROM hr.employees ORDER BY id LIMIT 1' }),
    services: ['state', 'emergency access'],
  },
  {
    ...{ name: 'a creation', changes: true, persona: 'alice', operation: 'rest-entra-api/createOrder' },
    inputs: () => ({ region: 'EMEA', customer, lines: [line] }),
    services: ['orders', 'book'],
  },
  {
    ...{ name: 'a request for approval', alone: true, asks: true, tells: true, changes: true, persona: 'carol' },
    overrides: { groups: [groups.salesEmea], acrs: ['c1'] },
    ...{ operation: 'rest-entra-api/deleteOrder', inputs: (marker) => ({ order_id: `ord-${5001 + (marker % 100)}` }) },
    services: ['approvals', 'book', 'notices'],
  },
  {
    ...{ name: 'an approved deletion', changes: true, approved: true, persona: 'carol' },
    overrides: { groups: [groups.salesEmea], acrs: ['c1'] },
    ...{ operation: 'rest-entra-api/deleteOrder', inputs: (marker) => ({ order_id: `ord-${5001 + (marker % 100)}` }) },
  },
  {
    ...{ name: 'a query', alone: true, changes: false, persona: 'alice', operation: 'azure-postgresql/executeQuery' },
    inputs: () => ({ sql: 'SELECT id, region FROM sales.orders ORDER BY id LIMIT 2' }),
    services: ['postgres'],
  },
  {
    ...{ name: 'an insertion', changes: true, persona: 'alice', operation: 'azure-postgresql/executeStatement' },
    inputs: (marker) => ({ sql: insert, params: [marker] }),
    services: ['postgres'],
  },
  {
    ...{ name: 'an approved deletion of rows', changes: true, approved: true, persona: 'alice' },
    overrides: { acrs: ['c1'] },
    operation: 'azure-postgresql/executeDestructive',
    inputs: (marker) => ({ sql: 'DELETE FROM sales.orders WHERE total_eur = $1', params: [marker] }),
    services: ['postgres'],
  },
]

/** A flow's request as the host would hand it in. */
export function inboundOf(flow: Flow, token: string, marker: number): Inbound {
  const [backend = '', operation = ''] = flow.operation.split('/')
  return {
    ...{ method: 'POST', path: `/api/${flow.operation}`, backend, operation, query: '', remoteAddress: '127.0.0.1' },
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify(flow.inputs(marker))),
  }
}

/** A call by somebody else, so that lane, keys and client assertion are there but nothing of the person's. */
export function warmUp(site: Site): Inbound {
  const read = flows[1]
  if (read === undefined) throw new Error('no such flow')
  return inboundOf({ ...read, operation: 'rest-entra-api/whoami', inputs: () => ({}) }, site.token('bob'), 0)
}
