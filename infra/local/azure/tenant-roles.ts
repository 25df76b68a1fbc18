/** The roles of the three identities, as far as the doctor reads them back: what each may do at each place. */
import { identities } from '../entra/managed-identity.ts'

type Json = Readonly<Record<string, unknown>>
type Entry<T> = readonly [path: string, value: T]

const entities = 'Microsoft.Storage/storageAccounts/tableServices/tables/entities'
const blobs = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs'

/** By role: what it permits. */
const roles = {
  appender: [`${entities}/read`, `${entities}/add/action`, `${entities}/update/action`],
  remover: [`${entities}/read`, `${entities}/delete`],
  adder: [`${blobs}/read`, `${blobs}/add/action`],
  reader: [`${blobs}/read`],
  signer: ['Microsoft.KeyVault/vaults/keys/read', 'Microsoft.KeyVault/vaults/keys/sign/action'],
  everything: ['*'],
} as const

export type RoleName = keyof typeof roles

const definitionIn = (subscription: string, role: RoleName) =>
  `${subscription}/providers/Microsoft.Authorization/roleDefinitions/${role}`

export function roleDefinitions(subscription: string): readonly Entry<Json>[] {
  return Object.entries(roles).map(([roleName, dataActions]) => [
    definitionIn(subscription, roleName as RoleName),
    { properties: { roleName, permissions: [{ actions: [], notActions: [], dataActions, notDataActions: [] }] } },
  ])
}

/** An assignment as Azure lists it. */
export function assign(identity: keyof typeof identities, role: RoleName, near: string): Json {
  const subscription = near.split('/').slice(0, 3).join('/')
  return {
    properties: {
      principalId: identities[identity].principalId,
      roleDefinitionId: definitionIn(subscription, role),
    },
  }
}

/** Where assignments of a scope are listed. */
export const assignmentsOf = (scope: string) => `${scope}/providers/Microsoft.Authorization/roleAssignments`

export function roleAssignments(
  ids: Readonly<Record<'audit' | 'proof' | 'vault', string>>,
): readonly Entry<readonly Json[]>[] {
  const table = (name: string) => `${ids.audit}/tableServices/default/tables/${name}`
  const month = new Date().toISOString().slice(0, 7)
  const places: readonly Entry<readonly Json[]>[] = [
    [table('audit'), [assign('gateway', 'appender', ids.audit), assign('verifier', 'remover', ids.audit)]],
    [table('auditpii'), [assign('gateway', 'appender', ids.audit)]],
    [`${ids.vault}/keys/evidence-signing`, [assign('sealer', 'signer', ids.vault)]],
    [`${ids.vault}/secrets/audit-hmac-${month}`, []],
    [
      `${ids.proof}/blobServices/default/containers/evidence`,
      [assign('sealer', 'adder', ids.proof), assign('gateway', 'reader', ids.proof)],
    ],
  ]
  return places.map(([scope, all]) => [assignmentsOf(scope), all])
}
