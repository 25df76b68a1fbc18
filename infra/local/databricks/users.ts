import { type PersonaName, personas } from '../personas.ts'

/** A user of the workspace. `login` is the name of the database's role. */
export interface WorkspaceUser {
  readonly id: string
  readonly oid: string
  readonly login: string
  readonly displayName: string
  /** Written by provisioning from Entra; a user whom somebody typed in has none. */
  readonly externalId: string | null
  readonly admin: boolean
}

function provisioned(name: PersonaName, id: string, more: Partial<WorkspaceUser> = {}): WorkspaceUser {
  const { oid, username, displayName } = personas[name]
  return { id, oid, login: username, displayName, externalId: oid, admin: false, ...more }
}

/** Whoever is not here is not in the workspace, whatever their token says. */
const users: readonly WorkspaceUser[] = [
  provisioned('alice', '7000000000000001'),
  provisioned('bob', '7000000000000002'),
  provisioned('carol', '7000000000000003', { admin: true }),
  provisioned('heidi', '7000000000000004', { externalId: null }),
]

/** The user of an object id, or undefined. */
export function userOf(oid: string): WorkspaceUser | undefined {
  return users.find((one) => one.oid === oid)
}

/** The answer of `GET /api/2.0/preview/scim/v2/Me`. */
export function describeMe(user: WorkspaceUser): Readonly<Record<string, unknown>> {
  return {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
    id: user.id,
    userName: user.login,
    displayName: user.displayName,
    emails: [{ type: 'work', value: user.login, primary: true }],
    active: true,
    groups: user.admin ? [{ display: 'admins', type: 'direct' }] : [],
    ...(user.externalId === null ? {} : { externalId: user.externalId }),
  }
}
