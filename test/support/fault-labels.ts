import type { Service } from './fault-plan.ts'
import type { Arrived, Described } from './fault-proxy.ts'

const ofApprovals = ['approvals', 'openapprovals', 'delegations']

/** What an exchange with table storage is for, by what it says: the book's tables and the approvals' are in one account. */
export function describeTables({ method, path, body }: Arrived): Described {
  const text = body.toString('latin1')
  const resource = decodeURIComponent(path.split('?')[0] ?? '').replace(/^\/\w+\//, '')
  if (resource === 'Tables') {
    const name = /"TableName":"(\w+)"/.exec(text)?.[1] ?? ''
    return { service: ownerOf(name), label: `create table ${name}` }
  }
  if (isState(resource)) return { service: 'state', label: stateLabel(method, resource) }
  if (resource.startsWith('openapprovals')) return { service: 'approvals', label: openLabel(method) }
  if (resource.startsWith('approvals')) return { service: 'approvals', label: approvalLabel(method, resource, text) }
  return { service: 'book', label: resource === '$batch' ? batchLabel(text) : readLabel(resource) }
}

const stateTables = ['quotas', 'suspensions', 'taints', 'usage']

function isState(resource: string): boolean {
  return stateTables.some((name) => resource.startsWith(name))
}

function ownerOf(table: string): Service {
  if (isState(table)) return 'state'
  return ofApprovals.includes(table) ? 'approvals' : 'book'
}

function stateLabel(method: string, resource: string): string {
  const table = stateTables.find((name) => resource.startsWith(name)) ?? resource
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
  const name = (/^\/secrets\/([\w-]+)/.exec(path)?.[1] ?? path).replace(/-\d{4}-\d\d$/, '')
  return { service: 'vault', label: headers.authorization === undefined ? `challenge for ${name}` : `get ${name}` }
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
