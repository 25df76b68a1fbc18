import { mayUse, type WorkspaceObjects } from './objects.ts'
import { absent, fail, ok, pageOf, type Reply } from './reply.ts'
import type { Route } from './route.ts'
import type { WorkspaceUser } from './users.ts'

const inShare = (rest: string) => new RegExp(`^/delta-sharing/shares/([\\w-]+)${rest}$`)
const denied = ({ login }: WorkspaceUser) => fail(403, 'PERMISSION_DENIED', `${login} may not manage it`)

/**
 * Shares and recipients (Unity Catalog API 2.1), and the open protocol below /delta-sharing. The real sharing server wants
 * a token of the recipient's own federation policy; here it is the workspace's. Queries would answer with signed links:
 * nothing that is declared asks for any, and here is no answer to it.
 */
export const sharingRoutes: readonly Route[] = [
  {
    place: 'rest',
    method: 'GET',
    path: /^\/api\/2\.1\/unity-catalog\/shares$/,
    handle: ({ url, user }, { objects }) =>
      pageOf('shares', sharesOf(objects, user), { query: url.searchParams, size: 'max_results' }),
  },
  {
    place: 'rest',
    method: 'GET',
    path: /^\/api\/2\.1\/unity-catalog\/shares\/([\w-]+)$/,
    handle: ({ user }, { objects }, [name]) =>
      withShare(objects, { name, user }, () =>
        ok({ name, objects: [{ name: 'main.sales.orders', data_object_type: 'TABLE' }] }),
      ),
  },
  {
    place: 'rest',
    method: 'PATCH',
    path: /^\/api\/2\.1\/unity-catalog\/shares\/([\w-]+)\/permissions$/,
    handle: ({ user }) => (user.admin ? ok({ privilege_assignments: [] }) : denied(user)),
  },
  {
    place: 'rest',
    method: 'GET',
    path: /^\/api\/2\.1\/unity-catalog\/recipients$/,
    handle: ({ url }) => pageOf('recipients', recipients, { query: url.searchParams, size: 'max_results' }),
  },
  {
    place: 'rest',
    method: 'POST',
    path: /^\/api\/2\.0\/data-sharing\/recipients\/([\w-]+)\/federation-policies$/,
    handle: ({ body, user }) => (user.admin ? ok({ ...(body as object), id: 'policy-1' }) : denied(user)),
  },
  {
    place: 'rest',
    method: 'GET',
    path: /^\/delta-sharing\/shares$/,
    handle: ({ user }, { objects }) => ok({ items: sharesOf(objects, user) }),
  },
  {
    place: 'rest',
    method: 'GET',
    path: inShare('/all-tables'),
    handle: ({ user }, { objects }, [name]) =>
      withShare(objects, { name, user }, () => ok({ items: [{ name: 'orders', schema: 'sales', share: name }] })),
  },
  {
    place: 'rest',
    method: 'GET',
    path: inShare('/schemas/[\\w-]+/tables/[\\w-]+/(version|metadata)'),
    handle: ({ user }, { objects }, [name, what]) =>
      withShare(objects, { name, user }, () => ({
        status: 200,
        body: what === 'version' ? '' : `${metadata.map((line) => JSON.stringify(line)).join('\n')}\n`,
        headers: { 'Delta-Table-Version': '7', 'Content-Type': 'application/x-ndjson; charset=utf-8' },
      })),
  },
]

const metadata = [
  { protocol: { minReaderVersion: 1 } },
  { metaData: { id: 't-1', format: { provider: 'parquet' }, schemaString: '{"type":"struct","fields":[]}' } },
]

const recipients = [
  {
    ...{ name: 'partner', authentication_type: 'TOKEN', sharing_code: 'kept-secret' },
    tokens: [{ id: 't', activation_url: 'https://sharing.example/activate?kept-secret' }],
  },
]

function sharesOf({ shares }: WorkspaceObjects, user: WorkspaceUser) {
  return shares.filter((each) => mayUse(each, user)).map(({ name }) => ({ name }))
}

function withShare(
  objects: WorkspaceObjects,
  { name, user }: { name: string | undefined; user: WorkspaceUser },
  use: () => Reply,
): Reply {
  return sharesOf(objects, user).some((each) => each.name === name) ? use() : absent(`Share ${name}`)
}
