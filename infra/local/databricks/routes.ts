import type { Place } from './faults.ts'
import { fail, type Reply } from './reply.ts'
import type { Statements } from './statements.ts'
import { describeMe, type WorkspaceUser } from './users.ts'
import type { Warehouses } from './warehouses.ts'

/** One request of a user of the workspace; `body` is parsed JSON. */
export interface Asked {
  readonly method: string
  readonly url: URL
  readonly body: unknown
  readonly user: WorkspaceUser
  readonly userAgent: string
}

export interface Parts {
  readonly statements: Statements
  readonly warehouses: Warehouses
}

interface Route {
  readonly place: Place
  readonly method: 'GET' | 'POST'
  readonly path: RegExp
  readonly handle: (asked: Asked, parts: Parts, found: readonly string[]) => Reply | Promise<Reply>
}

const routes: readonly Route[] = [
  {
    place: 'submit',
    method: 'POST',
    path: /^\/api\/2\.0\/sql\/statements\/?$/,
    handle: ({ body, user, userAgent }, { statements }) => statements.submit(body, user, userAgent),
  },
  {
    place: 'poll',
    method: 'GET',
    path: /^\/api\/2\.0\/sql\/statements\/([\w-]+)$/,
    handle: ({ user }, { statements }, [id = '']) => statements.get(id, user),
  },
  {
    place: 'chunk',
    method: 'GET',
    path: /^\/api\/2\.0\/sql\/statements\/([\w-]+)\/result\/chunks\/(\d+)$/,
    handle: ({ user }, { statements }, [id = '', index]) => statements.chunk(id, Number(index), user),
  },
  {
    place: 'cancel',
    method: 'POST',
    path: /^\/api\/2\.0\/sql\/statements\/([\w-]+)\/cancel$/,
    handle: ({ user }, { statements }, [id = '']) => statements.cancel(id, user),
  },
  {
    place: 'warehouses',
    method: 'GET',
    path: /^\/api\/2\.0\/sql\/warehouses(?:\/([\w-]+))?$/,
    handle: ({ user }, { warehouses }, [id]) => warehouses.answer(id, undefined, user),
  },
  {
    place: 'warehouses',
    method: 'POST',
    path: /^\/api\/2\.0\/sql\/warehouses\/([\w-]+)\/(start|stop)$/,
    handle: ({ user }, { warehouses }, [id, action]) => warehouses.answer(id, action, user),
  },
  {
    place: 'history',
    method: 'GET',
    path: /^\/api\/2\.0\/sql\/history\/queries$/,
    handle: ({ url, user }, { statements }) => statements.history(url.searchParams, user),
  },
  {
    place: 'me',
    method: 'GET',
    path: /^\/api\/2\.0\/preview\/scim\/v2\/Me$/,
    handle: ({ user }) => ({ status: 200, body: describeMe(user) }),
  },
]

/** Where a request goes; undefined where nothing of the API answers to it. */
export function findRoute(method: string, url: URL): Route | undefined {
  return routes.find((route) => route.method === method && route.path.test(url.pathname))
}

/** Answers a request of a user. */
export async function answer(route: Route | undefined, asked: Asked, parts: Parts): Promise<Reply> {
  if (route === undefined)
    return fail(404, 'ENDPOINT_NOT_FOUND', `No API found for '${asked.method} ${asked.url.pathname}'`)
  const [, ...found] = route.path.exec(asked.url.pathname) ?? []
  return route.handle(asked, parts, found)
}
