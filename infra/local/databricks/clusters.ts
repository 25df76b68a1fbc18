import { randomInt } from 'node:crypto'
import { type Cluster, mayUse, type WorkspaceObjects } from './objects.ts'
import { absent, fail, ok, pageOf } from './reply.ts'
import type { Asked, Route } from './route.ts'
import type { WorkspaceUser } from './users.ts'

/** Clusters API 2.1 and commands API 1.2; a command puts out its own text, since nothing runs here. */
export const clusterRoutes: readonly Route[] = [
  {
    place: 'rest',
    method: 'GET',
    path: /^\/api\/2\.1\/clusters\/list$/,
    handle: ({ url, user }, { objects }) => {
      const seen = objects.clusters.filter((one) => mayUse(one, user)).map(describe)
      return pageOf('clusters', seen, { query: url.searchParams, size: 'page_size' })
    },
  },
  {
    place: 'rest',
    method: 'GET',
    path: /^\/api\/2\.1\/clusters\/get$/,
    handle: ({ url, user }, { objects }) => {
      const found = find(objects, url.searchParams.get('cluster_id'), user)
      return found === undefined ? absent('Cluster') : ok(describe(found))
    },
  },
  {
    place: 'rest',
    method: 'POST',
    path: /^\/api\/2\.1\/clusters\/(start|delete)$/,
    handle: ({ body, user }, { objects }, [action]) => {
      const found = find(objects, (body as { cluster_id: string }).cluster_id, user)
      if (found === undefined) return absent('Cluster')
      if (action === 'delete' && !user.admin) return fail(403, 'PERMISSION_DENIED', `${user.login} may not manage it`)
      found.state = action === 'start' ? 'RUNNING' : 'TERMINATED'
      return ok()
    },
  },
  {
    place: 'rest',
    method: 'POST',
    path: /^\/api\/1\.2\/contexts\/create$/,
    handle: ({ body, user }, { objects }) => {
      const { clusterId } = body as { clusterId: string }
      if (find(objects, clusterId, user) === undefined) return absent('Cluster')
      const id = String(randomInt(1, 2 ** 40))
      objects.contexts.set(id, { owner: user.login, cluster: clusterId, commands: new Map() })
      return ok({ id })
    },
  },
  {
    place: 'rest',
    method: 'POST',
    path: /^\/api\/1\.2\/commands\/execute$/,
    handle: ({ body, user }, { objects }) => {
      const { contextId, command } = body as { contextId: string; command: string }
      const context = objects.contexts.get(contextId)
      if (context?.owner !== user.login) return absent('Context')
      const id = `cmd-${context.commands.size + 1}`
      context.commands.set(id, command)
      return ok({ id })
    },
  },
  {
    place: 'rest',
    method: 'GET',
    path: /^\/api\/1\.2\/commands\/status$/,
    handle: ({ url, user }, { objects }) => showCommand({ url, user }, objects),
  },
]

function showCommand({ url, user }: Pick<Asked, 'url' | 'user'>, { contexts }: WorkspaceObjects) {
  const context = contexts.get(url.searchParams.get('contextId') ?? '')
  const id = url.searchParams.get('commandId') ?? ''
  const text = context?.owner === user.login ? context.commands.get(id) : undefined
  return text === undefined
    ? absent('Command')
    : ok({ id, status: 'Finished', results: { resultType: 'text', data: text } })
}

function find({ clusters }: WorkspaceObjects, id: string | null, user: WorkspaceUser): Cluster | undefined {
  return clusters.find((one) => one.cluster_id === id && mayUse(one, user))
}

function describe({ seenBy: _seenBy, ...cluster }: Cluster) {
  return { ...cluster, spark_version: '16.4.x', spark_env_vars: { API_KEY: 'kept-badly' }, num_workers: 1 }
}
