import type { Backend, Endpoint } from '../../shared/backend/define.ts'

/** What one backend's exchanges need: delegated scopes of one API, by the names that its publisher gave them. */
export interface PermissionRow {
  readonly backend: string
  /** Application id of the API, or `tenant-defined` where the company has a registration of its own. */
  readonly api: string
  readonly name: string
  readonly scopes: readonly string[]
}

/** One row for each backend and API of it, in order of their names; scopes of several endpoints of one API are joined. */
export function tabulatePermissions(backends: readonly Backend[]): readonly PermissionRow[] {
  return backends.flatMap(rowsOf).sort((a, b) => order(keyOf(a), keyOf(b)))
}

function rowsOf({ name: backend, endpoints = {}, permission }: Backend): PermissionRow[] {
  const asked = [{ permission }, ...Object.values<Pick<Endpoint, 'permission'>>(endpoints)]
  const rows = new Map<string, PermissionRow>()
  for (const { permission: needed } of asked) {
    if (needed === undefined) continue
    const { resource: api, name } = needed
    const known = rows.get(`${api} ${name}`)?.scopes ?? []
    rows.set(`${api} ${name}`, { backend, api, name, scopes: [...new Set([...known, ...needed.scopes])].sort() })
  }
  return [...rows.values()]
}

function keyOf({ backend, api, name }: PermissionRow): string {
  return `${backend} ${api} ${name}`
}

function order(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
