import { createHash } from 'node:crypto'
import type { Role } from './tenant.ts'
import { type Asked, fail, pageOf, type Reply } from './wire.ts'

/** Shortcuts and roles of items, by item id. */
export interface Sharing {
  readonly shortcuts: Map<string, unknown[]>
  readonly roles: Map<string, readonly unknown[]>
}

export const openSharing = (): Sharing => ({ shortcuts: new Map(), roles: new Map() })

/** Answers for the shortcuts and data access roles of one item. */
export function onSharing(asked: Asked, sharing: Sharing, may: (role: Role) => boolean): Reply {
  const [, , , , itemId = '', part] = asked.parts
  return part === 'shortcuts' ? onShortcuts(asked, sharing, { itemId, may }) : onRoles(asked, sharing, { itemId, may })
}

interface Place {
  readonly itemId: string
  readonly may: (role: Role) => boolean
}

function onShortcuts(asked: Asked, { shortcuts }: Sharing, { itemId, may }: Place): Reply {
  const there = shortcuts.get(itemId) ?? []
  if (asked.method === 'GET') {
    const { items, more } = pageOf(there, asked, 50)
    return { status: 200, body: { value: items, ...more } }
  }
  if (!may('Contributor')) return fail('fabric', 403, 'InsufficientPrivileges')
  const { path, name, target } = asked.body as { path: string; name: string; target: { oneLake?: unknown } }
  if (target.oneLake === undefined) return fail('fabric', 400, 'BadRequest')
  const isThere = there.some((each) => (each as { path: string; name: string }).name === name)
  if (isThere && asked.url.searchParams.get('shortcutConflictPolicy') !== 'CreateOrOverwrite')
    return fail('fabric', 409, 'EntityConflict')
  const made = { path, name, target: { type: 'OneLake', oneLake: target.oneLake } }
  shortcuts.set(itemId, [...there, made])
  return { status: 201, body: made }
}

function onRoles(asked: Asked, { roles }: Sharing, { itemId, may }: Place): Reply {
  const there = roles.get(itemId) ?? []
  const etag = tagOf(there)
  if (asked.method === 'GET') return { status: 200, body: { value: there }, headers: { etag } }
  if (!may('Admin')) return fail('fabric', 403, 'InsufficientPrivileges')
  const wanted = asked.headers['if-match']
  if (wanted !== undefined && wanted !== etag) return fail('fabric', 412, 'PreconditionFailed')
  const { value } = asked.body as { value: readonly unknown[] }
  if (asked.url.searchParams.get('dryRun') !== 'true') roles.set(itemId, value)
  return { status: 200, headers: { etag: tagOf(value) } }
}

function tagOf(value: readonly unknown[]): string {
  return `"${createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16)}"`
}
