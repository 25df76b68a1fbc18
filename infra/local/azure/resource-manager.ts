/**
 * Stands in for Azure Resource Manager as the hooks read it: subscriptions, providers, regions, permissions, resources,
 * roles and availability of names. It differs in that its answers are a tenant's plain records, filters are few, pages are
 * short so that there are some, a reader may read everything, and nothing is changed.
 */
import { type Endpoint, parseObject, type Reply, type Request } from '../entra/wire.ts'
import type { AzureTenant } from './tenant.ts'

const pageSize = 2

const fault = (status: number, code: string): Reply => ({ status, body: { error: { code, message: 'Refused.' } } })

/** `GET` of anything, and `POST` where a name is asked about. */
export function resourceManagerEndpoints(tenant: AzureTenant, origin: () => string): Endpoint[] {
  const pattern = /^\/(?:subscriptions|providers)\/.*$/i
  return [
    { method: 'GET', pattern, handle: (request) => read(tenant, request, origin()) },
    { method: 'POST', pattern: /\/checkNameAvailability$/i, handle: (request) => checkName(tenant, request) },
  ]
}

function read(tenant: AzureTenant, { url }: Request, origin: string): Reply {
  if (!/^\d{4}-\d\d-\d\d/.test(url.searchParams.get('api-version') ?? ''))
    return fault(400, 'MissingApiVersionParameter')
  const path = decodeURIComponent(url.pathname).toLowerCase()
  const list = tenant.lists[path]
  if (list !== undefined) return page(filter(list, url), url, origin)
  const document = tenant.documents[path]
  return document === undefined ? fault(404, 'ResourceNotFound') : { status: 200, body: document }
}

type List = AzureTenant['lists'][string]

/** `assignedTo('…')` alone narrows; every other filter is taken and changes nothing. */
function filter(list: List, url: URL): List {
  const principal = /assignedTo\('([^']+)'\)/.exec(url.searchParams.get('$filter') ?? '')?.[1]
  if (principal === undefined) return list
  return list.filter(({ properties }) => (properties as { principalId?: unknown }).principalId === principal)
}

function page(list: List, url: URL, origin: string): Reply {
  const from = Number(url.searchParams.get('$skiptoken') ?? 0)
  const next = new URL(`${origin}${url.pathname}${url.search}`)
  next.searchParams.set('$skiptoken', String(from + pageSize))
  const more = from + pageSize < list.length ? { nextLink: next.href } : {}
  return { status: 200, body: { value: list.slice(from, from + pageSize), ...more } }
}

function checkName({ taken }: AzureTenant, { body }: Request): Reply {
  const { name, type } = parseObject(body)
  if (typeof name !== 'string' || typeof type !== 'string') return fault(400, 'InvalidRequestContent')
  const isTaken = taken.has(name.toLowerCase())
  return { status: 200, body: { nameAvailable: !isTaken, ...(isTaken ? { reason: 'AlreadyExists' } : {}) } }
}
