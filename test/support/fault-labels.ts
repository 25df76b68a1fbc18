import type { Service } from './fault-plan.ts'
import type { Arrived, Described } from './fault-proxy.ts'

/** Whose each table is: all of them are in one account. */
const owners: ReadonlyMap<string, Service> = new Map([
  ...(['audit', 'auditmeta', 'auditpii'] as const).map((table) => [table, 'book'] as const),
  ...(['approvals', 'openapprovals', 'delegations'] as const).map((table) => [table, 'approvals'] as const),
  ...(['quotas', 'suspensions', 'taints'] as const).map((table) => [table, 'state'] as const),
  ['breakglass', 'emergency access'],
  ['notices', 'notices'],
  ['usage', 'usage'],
])

/** Begins the label of what nobody has said anything of. */
export const unknownLabel = 'unknown'

/** What an exchange with table storage is for, by what it says. */
export function describeTables({ method, path, body }: Arrived): Described {
  const text = body.toString('latin1')
  const resource = decodeURIComponent(path.split('?')[0] ?? '').replace(/^\/\w+\//, '')
  if (resource === '$batch') return { service: 'book', label: batchLabel(text) }
  const isNew = resource === 'Tables'
  const table = (isNew ? /"TableName":"(\w+)"/ : /^(\w+)/).exec(isNew ? text : resource)?.[1] ?? ''
  const service = owners.get(table)
  if (service === undefined) return { service: 'book', label: `${unknownLabel} ${method} ${resource}` }
  if (isNew) return { service, label: `create table ${table}` }
  if (service === 'book') return { service, label: readLabel(resource) }
  if (table === 'openapprovals') return { service, label: openLabel(method) }
  if (table === 'approvals') return { service, label: approvalLabel(method, resource, text) }
  return { service, label: stateLabel(method, resource, table) }
}

function stateLabel(method: string, resource: string, table: string): string {
  if (method !== 'GET') return `write ${table}`
  return resource.includes('RowKey=') ? `read one of ${table}` : `list ${table}`
}

function openLabel(method: string): string {
  if (method === 'GET') return 'count what is open'
  return method === 'POST' ? 'enter as open' : 'enter as closed'
}

function approvalLabel(method: string, resource: string, text: string): string {
  if (method === 'GET') return resource.includes('RowKey=') ? 'read one' : 'find for a call'
  if (method === 'POST') return text.includes('"RowKey":"spent!') ? 'spend' : 'request'
  const state = /\\"state\\":\\"(\w+)/.exec(text)?.[1] ?? ''
  return { claimed: 'claim', spent: 'burn', approved: 'release' }[state] ?? state
}

function batchLabel(text: string): string {
  const table = /^(?:PUT|POST|MERGE|PATCH) \S+\/(\w+)(?:\(\S*)? HTTP/m.exec(text)?.[1] ?? ''
  if (table === 'auditmeta') return 'write lease'
  if (table === 'auditpii') return 'store openings'
  const kinds = [...text.matchAll(/"kind":"([\w-]+)"/g)].map(([, kind]) => kind)
  return kinds.length === 0 ? 'replace head' : `append ${[...new Set(kinds)].join(' and ')}`
}

function readLabel(resource: string): string {
  if (resource.startsWith('auditmeta')) return resource.includes('RowKey=') ? 'read lease' : 'list lanes'
  return resource.includes('!head') ? 'read head' : 'read row'
}

/** Key Vault: every client is first told where to get a token. */
export function describeVault({ path, headers }: Arrived): Described {
  const name = (/^\/secrets\/([\w-]+)/.exec(path)?.[1] ?? path).replace(/-\d{4}-\d\d$|-fault\d+$/, '')
  const service: Service = name.startsWith('notice-') ? 'notices' : 'vault'
  return { service, label: headers.authorization === undefined ? `challenge for ${name}` : `get ${name}` }
}

const audiences: readonly (readonly [part: string, name: string])[] = [
  ['vault', 'vault'],
  ['storage', 'tables'],
  ['TokenExchange', 'federation'],
]

export function describeIdentity({ path }: Arrived): Described {
  const resource = new URL(path, 'http://localhost').searchParams.get('resource') ?? ''
  const name = audiences.find(([part]) => resource.includes(part))?.[1] ?? resource
  return { service: 'managed identity', label: `token for ${name}` }
}

/** Sign-in host and directory: keys, the exchange, and which groups somebody is in. */
export function describeEntra({ path, body }: Arrived): Described {
  if (path.includes('/discovery/v2.0/keys')) return { service: 'signing keys', label: 'download' }
  if (path.startsWith('/v1.0/')) return { service: 'directory', label: 'groups of the person' }
  if (!path.includes('/oauth2/v2.0/token')) return { service: 'token service', label: 'read its configuration' }
  const isForDirectory = (new URLSearchParams(body.toString()).get('scope') ?? '').includes('graph.microsoft.com')
  if (isForDirectory) return { service: 'token service', label: 'exchange for the directory' }
  const decisionId = /client-request-id=([0-9a-f-]{36})/.exec(`${path}&${body}`)?.[1] ?? ''
  return { service: 'token service', label: 'exchange', decisionId, needsIntent: true }
}

export function describeOrders({ method, path, headers }: Arrived): Described {
  const service: Service = 'orders'
  const label = path.startsWith('/whoami') ? 'identity probe' : `${method} ${path.split(/[/?]/)[1]}`
  return { service, label, decisionId: String(headers['x-request-id'] ?? ''), needsIntent: true }
}

/** Whoever is told. */
export function describePosts(): Described {
  return { service: 'notices', label: 'post' }
}
