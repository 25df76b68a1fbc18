import { catalogRoutes } from './catalog.ts'
import { clusterRoutes } from './clusters.ts'
import { dashboardRoutes } from './dashboards.ts'
import { folderRoutes } from './folders.ts'
import { genieRoutes } from './genie.ts'
import { jobRoutes } from './jobs.ts'
import { fail, type Reply } from './reply.ts'
import type { Asked, Parts, Route } from './route.ts'
import { sharingRoutes } from './sharing.ts'
import { describeMe } from './users.ts'
import { volumeRoutes } from './volumes.ts'

const isOfSystem = (body: unknown) =>
  /\bsystem\.(?:access|query)\./.test(String((body as { statement?: unknown } | undefined)?.statement))

const routes: readonly Route[] = [
  ...genieRoutes,
  ...catalogRoutes,
  ...dashboardRoutes,
  ...jobRoutes,
  ...clusterRoutes,
  ...folderRoutes,
  ...sharingRoutes,
  ...volumeRoutes,
  {
    place: 'submit',
    method: 'POST',
    path: /^\/api\/2\.0\/sql\/statements\/?$/,
    handle: (asked, { statements, audit }) =>
      isOfSystem(asked.body) ? audit.answerPerson(asked) : statements.submit(asked.body, asked.user, asked.userAgent),
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
