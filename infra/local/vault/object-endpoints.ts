/** The routes that secrets and keys have in common: read, list, update, delete, recover, purge. */
import { type Endpoint, parseObject, type Reply, type Request } from '../entra/wire.ts'
import { badParameter, conflict, forbidden, notFound } from './vault-errors.ts'
import type { Settings, Version, VersionedStore } from './versioned-store.ts'

type Json = Record<string, unknown>

/** How one kind of object looks on the wire. */
export interface ObjectKind<T> {
  readonly collection: 'secrets' | 'keys'
  readonly store: VersionedStore<T>
  /** Without a trailing slash. */
  readonly vaultUrl: string
  /** The whole object, as reading it gives it. */
  readonly bundle: (version: Version<T>) => Json
  /** What updating, deleting and recovering show: a secret without its value. */
  readonly shown: (version: Version<T>) => Json
  /** An entry of a listing. */
  readonly item: (version: Version<T>, id: string) => Json
  /** Changes of the content by an update request's body. */
  readonly amend: (content: T, body: Json) => T
  /** A disabled secret cannot be read; a disabled key can, it only cannot be used. */
  readonly readableWhenDisabled: boolean
}

const retentionDays = 90
const namePattern = '([0-9a-zA-Z-]{1,127})'

export const wireAttributes = <T>(version: Version<T>) => ({
  ...version.attributes,
  recoveryLevel: 'Recoverable+Purgeable',
  recoverableDays: retentionDays,
})

const bool = (value: unknown) => (typeof value === 'boolean' ? { enabled: value } : {})
const time = (key: 'exp' | 'nbf', value: unknown) => (typeof value === 'number' ? { [key]: value } : {})

/** The settings in a request's `attributes` and `tags`. */
export function settingsIn(body: Json): Settings {
  const attributes = typeof body.attributes === 'object' && body.attributes !== null ? { ...body.attributes } : {}
  const { enabled, exp, nbf } = attributes as Json
  const tags = typeof body.tags === 'object' && body.tags !== null ? { tags: { ...body.tags } } : {}
  return { ...bool(enabled), ...time('exp', exp), ...time('nbf', nbf), ...tags }
}

/** `{url}/{collection}/{name}/{version}`. */
export function idOf<T>(kind: ObjectKind<T>, at: { name: string; version?: string }): string {
  return [kind.vaultUrl, kind.collection, at.name, ...(at.version === undefined ? [] : [at.version])].join('/')
}

export function missing<T>(kind: ObjectKind<T>, name: string): Reply {
  const code = kind.collection === 'secrets' ? 'SecretNotFound' : 'KeyNotFound'
  return notFound(code, `A ${code.slice(0, -8).toLowerCase()} with (name/id) ${name} was not found in this vault.`)
}

/** Adds a version, or 409 where the name is soft-deleted. */
export function addVersion<T>(kind: ObjectKind<T>, name: string, body: { content: T; settings: Settings }): Reply {
  const added = kind.store.add(name, body.content, body.settings)
  if (added) return { status: 200, body: kind.bundle(added) }
  return conflict(`${name} is currently in a deleted but recoverable state.`, 'ObjectIsDeletedButRecoverable')
}

function read<T>(kind: ObjectKind<T>, { path: [name = '', version = ''] }: Request): Reply {
  const found = kind.store.get(name, version)
  if (!found) return missing(kind, name)
  if (found.attributes.enabled || kind.readableWhenDisabled) return { status: 200, body: kind.bundle(found) }
  return forbidden('Operation get is not allowed on a disabled secret.', 'SecretDisabled')
}

function update<T>(kind: ObjectKind<T>, { path: [name = '', version = ''], body }: Request): Reply {
  const found = kind.store.get(name, version)
  if (!found) return missing(kind, name)
  const input = parseObject(body)
  const changed = kind.store.update(found, settingsIn(input), kind.amend(found.content, input))
  return { status: 200, body: kind.shown(changed) }
}

function page(request: Request, items: readonly Json[], vaultUrl: string): Reply {
  const query = request.url.searchParams
  const size = Number(query.get('maxresults') ?? 25)
  if (!Number.isInteger(size) || size < 1 || size > 25) return badParameter('maxresults is out of range.')
  const start = Number(query.get('$skiptoken') ?? 0)
  const end = start + size
  const next = new URLSearchParams({ 'api-version': query.get('api-version') ?? '', maxresults: String(size) })
  next.set('$skiptoken', String(end))
  const nextLink = end < items.length ? `${vaultUrl}${request.url.pathname}?${next}` : null
  return { status: 200, body: { value: items.slice(start, end), nextLink } }
}

function deletion<T>(kind: ObjectKind<T>, name: string): Json {
  const deletedDate = kind.store.deletedAt(name) ?? 0
  const scheduledPurgeDate = deletedDate + retentionDays * 86_400
  return { recoveryId: `${kind.vaultUrl}/deleted${kind.collection}/${name}`, deletedDate, scheduledPurgeDate }
}

const deletedBundle = <T>(kind: ObjectKind<T>, version: Version<T>): Reply => ({
  status: 200,
  body: { ...kind.shown(version), ...deletion(kind, version.name) },
})

function remove<T>(kind: ObjectKind<T>, { path: [name = ''] }: Request): Reply {
  const found = kind.store.get(name, '')
  if (!found) return missing(kind, name)
  kind.store.remove(name)
  return deletedBundle(kind, found)
}

function onDeleted<T>(kind: ObjectKind<T>, then: (version: Version<T>) => Reply) {
  return ({ path: [name = ''] }: Request): Reply => {
    const found = kind.store.current(true).find((one) => one.name === name)
    return found ? then(found) : missing(kind, name)
  }
}

function recover<T>(kind: ObjectKind<T>, version: Version<T>): Reply {
  kind.store.recover(version.name)
  return { status: 200, body: kind.shown(version) }
}

function purge<T>(kind: ObjectKind<T>, version: Version<T>): Reply {
  kind.store.purge(version.name)
  return { status: 204 }
}

function listings<T>(kind: ObjectKind<T>): Endpoint[] {
  const { collection, store, vaultUrl } = kind
  const live = (version: Version<T>) => kind.item(version, idOf(kind, { name: version.name }))
  const gone = (version: Version<T>) => ({ ...live(version), ...deletion(kind, version.name) })
  const each = (version: Version<T>) => kind.item(version, idOf(kind, version))
  return [
    {
      method: 'GET',
      pattern: new RegExp(`^/${collection}$`),
      handle: (request) => page(request, store.current(false).map(live), vaultUrl),
    },
    {
      method: 'GET',
      pattern: new RegExp(`^/deleted${collection}$`),
      handle: (request) => page(request, store.current(true).map(gone), vaultUrl),
    },
    {
      method: 'GET',
      pattern: new RegExp(`^/${collection}/${namePattern}/versions$`),
      handle: (request) => page(request, store.versions(request.path[0] ?? '').map(each), vaultUrl),
    },
  ]
}

/** All common routes of a kind; whoever calls has checked the caller already. */
export function objectEndpoints<T>(kind: ObjectKind<T>): Endpoint[] {
  const one = new RegExp(`^/${kind.collection}/${namePattern}(?:/([0-9a-f]*))?$`)
  const deleted = new RegExp(`^/deleted${kind.collection}/${namePattern}$`)
  const recovery = new RegExp(`^/deleted${kind.collection}/${namePattern}/recover$`)
  return [
    ...listings(kind),
    { method: 'GET', pattern: one, handle: (request) => read(kind, request) },
    { method: 'PATCH', pattern: one, handle: (request) => update(kind, request) },
    { method: 'DELETE', pattern: one, handle: (request) => remove(kind, request) },
    { method: 'GET', pattern: deleted, handle: onDeleted(kind, (version) => deletedBundle(kind, version)) },
    { method: 'POST', pattern: recovery, handle: onDeleted(kind, (version) => recover(kind, version)) },
    { method: 'DELETE', pattern: deleted, handle: onDeleted(kind, (version) => purge(kind, version)) },
  ]
}
