import { personas } from '../personas.ts'
import type { StorageAction } from './storage-action.ts'

/** A role assignment: what somebody may do, in one container or in the whole account. */
interface Assignment {
  readonly actions: readonly StorageAction['name'][]
  readonly container?: string
  /** As an attribute-based condition of the assignment: blob actions hold for names that begin so. */
  readonly prefix?: string
}

const reader = ['containers/read', 'blobs/read'] as const
const contributor = [...reader, 'containers/write', 'containers/delete', 'blobs/write', 'blobs/delete'] as const
const lister: Assignment = { actions: ['containers/read'] }

/** By object id, as the token names the person. Whoever is not here may do nothing. */
const assignments: Readonly<Record<string, readonly Assignment[]>> = {
  [personas.alice.oid]: [
    lister,
    { actions: reader, container: 'reports', prefix: 'emea/' },
    { actions: reader, container: 'people', prefix: 'emea/' },
  ],
  [personas.bob.oid]: [lister, { actions: contributor, container: 'reports', prefix: 'us/' }],
  [personas.carol.oid]: [lister, { actions: ['blobs/filter'] }, { actions: contributor, container: 'reports' }],
  [personas.heidi.oid]: [lister, { actions: reader, container: 'people' }],
}

/** True where one of the person's assignments covers the action. */
export function mayDo(oid: string, action: StorageAction): boolean {
  const own = Object.hasOwn(assignments, oid) ? (assignments[oid] ?? []) : []
  return own.some((one) => one.actions.includes(action.name) && isInScope(one, action))
}

function isInScope({ container, prefix }: Assignment, action: StorageAction): boolean {
  if (container === undefined) return true
  if (container !== action.container) return false
  return prefix === undefined || action.blob === undefined || action.blob.startsWith(prefix)
}
