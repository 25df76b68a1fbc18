import { mayUse, type WorkspaceObjects } from './objects.ts'
import { absent, fail, ok, pageOf, type Reply } from './reply.ts'
import type { Route } from './route.ts'
import type { WorkspaceUser } from './users.ts'

const schemas = ['sales', 'hr']
const denied = ({ login }: WorkspaceUser) => fail(403, 'PERMISSION_DENIED', `${login} lacks MANAGE`)

/** Unity Catalog API 2.1: what the lake's tables are called, and grants that only an administrator may change. */
export const catalogRoutes: readonly Route[] = [
  {
    place: 'rest',
    method: 'GET',
    path: /^\/api\/2\.1\/unity-catalog\/(catalogs|schemas|tables|functions|volumes|connections)$/,
    handle: ({ url, user }, { objects }, [kind = '']) => {
      const query = url.searchParams
      return pageOf(kind, list(objects, kind, { query, user }), { query, size: 'max_results' })
    },
  },
  {
    place: 'rest',
    method: 'GET',
    path: /^\/api\/2\.1\/unity-catalog\/tables\/([^/]+)$/,
    handle: ({ user }, { objects }, [name = '']) => {
      const found = objects.tables.find((one) => `main.${one.schema}.${one.name}` === name && mayUse(one, user))
      if (found === undefined) return absent(`Table ${name}`)
      const columns = [{ name: 'id', type_text: 'int', type_name: 'INT', position: 0 }]
      return ok({ ...describeTable(found), columns, access_point: 'kept' })
    },
  },
  {
    place: 'rest',
    method: 'DELETE',
    path: /^\/api\/2\.1\/unity-catalog\/(tables|connections)\/([^/]+)$/,
    handle: ({ user }) => (user.admin ? ok() : denied(user)),
  },
  {
    place: 'rest',
    method: 'GET',
    path: /^\/api\/2\.1\/unity-catalog\/effective-permissions\/([\w-]+)\/([^/]+)$/,
    handle: ({ user }) =>
      ok({ privilege_assignments: [{ principal: user.login, privileges: [{ privilege: 'SELECT' }] }] }),
  },
  {
    place: 'rest',
    method: 'PATCH',
    path: /^\/api\/2\.1\/unity-catalog\/permissions\/([\w-]+)\/([^/]+)$/,
    handle: ({ user }) => (user.admin ? ok({ privilege_assignments: [] }) : denied(user)),
  },
  {
    place: 'rest',
    method: 'POST',
    path: /^\/api\/2\.1\/unity-catalog\/(schemas|catalogs)$/,
    handle: ({ body, user }) => (user.admin ? ok({ ...(body as object), owner: user.login }) : denied(user)),
  },
  {
    place: 'rest',
    method: 'GET',
    path: /^\/api\/2\.1\/unity-catalog\/connections\/([^/]+)$/,
    handle: (_asked, _parts, [name]) => (name === 'warehouse-far' ? ok(connection) : absent(`Connection ${name}`)),
  },
  {
    place: 'rest',
    method: 'GET',
    path: /^\/api\/2\.1\/unity-catalog\/metastores\/([\w-]+)\/systemschemas$/,
    handle: () => ok({ schemas: [{ schema: 'access', state: 'ENABLE_COMPLETED' }] }),
  },
  {
    place: 'rest',
    method: 'PUT',
    path: /^\/api\/2\.1\/unity-catalog\/metastores\/([\w-]+)\/systemschemas\/(\w+)$/,
    handle: ({ user }) => (user.admin ? ok() : denied(user)),
  },
  {
    place: 'rest',
    method: 'POST',
    path: /^\/api\/2\.0\/vector-search\/indexes\/([^/]+)\/query$/,
    handle: ({ body }) => nearest(body as { columns: string[]; num_results: number }),
  },
]

const connection = {
  ...{ name: 'warehouse-far', connection_type: 'SNOWFLAKE', credential_type: 'USERNAME_PASSWORD' },
  options: { host: 'far.example', user: 'service' },
}

interface Wanted {
  readonly query: URLSearchParams
  readonly user: WorkspaceUser
}

/** Lists leave out what somebody may not see. */
function list(objects: WorkspaceObjects, kind: string, { query, user }: Wanted): readonly unknown[] {
  if (kind === 'catalogs') return [{ name: 'main', catalog_type: 'MANAGED_CATALOG', options: { kept: 'secret' } }]
  if (kind === 'connections') return [connection]
  if (query.get('catalog_name') !== 'main') return []
  if (kind === 'schemas') return schemas.map((name) => ({ name, catalog_name: 'main', full_name: `main.${name}` }))
  const schema = query.get('schema_name') ?? ''
  if (kind === 'tables')
    return objects.tables.filter((one) => one.schema === schema && mayUse(one, user)).map(describeTable)
  if (kind === 'volumes' && schema === 'sales')
    return objects.volumes.filter((one) => mayUse(one, user)).map(({ name }) => ({ name, volume_type: 'MANAGED' }))
  return []
}

function describeTable({ schema, name }: WorkspaceObjects['tables'][number]) {
  return { name, schema_name: schema, catalog_name: 'main', full_name: `main.${schema}.${name}`, table_type: 'MANAGED' }
}

function nearest({ columns, num_results }: { columns: string[]; num_results: number }): Reply {
  const names = [...columns, 'score']
  const rows = [1, 2].slice(0, num_results).map((row) => [...columns.map((name) => `${name}-${row}`), 1 / row])
  const manifest = { column_count: names.length, columns: names.map((name) => ({ name })) }
  return ok({ manifest, result: { row_count: rows.length, data_array: rows } })
}
