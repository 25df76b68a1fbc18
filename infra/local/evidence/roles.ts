import type { StorageRequest } from './storage-request.ts'

/** What may be done in one container: reading with listing, making new blobs, appending to append blobs. */
export interface ContainerRole {
  readonly container: string
  readonly actions: readonly ('read' | 'create' | 'append')[]
}

/** Roles by object id. */
export type Roles = Readonly<Record<string, readonly ContainerRole[]>>

/** Names of the containers. */
export const evidenceContainer = 'evidence'
export const reportsContainer = 'reports'
/** Releases of the policy, which the gateway reads and nobody here writes: the account's key publishes them. */
export const policiesContainer = 'policies'
/** The one blob in which the release in force is kept. */
export const releaseBlob = 'release.json'

interface Ids {
  readonly gateway: string
  readonly sealer: string
  readonly verifier: string
  readonly auditor: string
}

/** Who is given what: the sealer makes and appends evidence, the verifier makes reports, the gateway reads both. */
export function rolesOf(ids: Ids, logs: readonly string[] = [evidenceContainer]): Roles {
  const reads = [...logs, reportsContainer].map((container): ContainerRole => ({ container, actions: ['read'] }))
  return {
    [ids.gateway]: [...reads, { container: policiesContainer, actions: ['read'] }],
    [ids.sealer]: logs.map((container) => ({ container, actions: ['read', 'create', 'append'] })),
    [ids.verifier]: [...reads, { container: reportsContainer, actions: ['create'] }],
    [ids.auditor]: reads,
  }
}

/** True where one of the roles covers the request. Whoever has no role, and whatever no role names, is refused. */
export function mayAsk(roles: Roles, oid: string, asked: StorageRequest): boolean {
  const action = actionOf(asked)
  const own = Object.hasOwn(roles, oid) ? (roles[oid] ?? []) : []
  return (
    action !== null && own.some(({ container, actions }) => container === asked.container && actions.includes(action))
  )
}

const creating = new Set(['', 'block', 'blocklist'])

function actionOf(asked: StorageRequest): 'read' | 'create' | 'append' | null {
  if (asked.container === '' || asked.isCopy) return null
  return asked.isChange ? changeOf(asked) : readOf(asked)
}

function readOf({ method, blob, comp, restype }: StorageRequest): 'read' | null {
  const isListing = method === 'GET' && restype === 'container' && comp === 'list'
  return (blob === '' ? isListing : comp === '') ? 'read' : null
}

function changeOf({ method, blob, comp }: StorageRequest): 'create' | 'append' | null {
  if (method !== 'PUT' || blob === '') return null
  if (comp === 'appendblock') return 'append'
  return creating.has(comp) ? 'create' : null
}
