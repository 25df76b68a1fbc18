import type { Deployed } from './deployments.ts'
import { memberValue } from './evaluate.ts'
import { type Invariant, inside, ofType } from './invariants.ts'
import type { Planned } from './plan.ts'

/** Built-in roles that nobody here is given: they rule, or they read every key. */
const forbidden: Readonly<Record<string, string>> = {
  '8e3af657-a8ff-443c-a75c-2fe8c4bcb635': 'Owner',
  'b24988ac-6180-42a0-ab88-20f7382dd24c': 'Contributor',
  '18d7d88d-d35e-4fb5-a5c3-7773c20a72d9': 'User Access Administrator',
  'f58310d9-a9f6-439a-9e8d-f62e7b41a168': 'Role Based Access Control Administrator',
  '00482a5a-887f-4fb3-b363-3b7fe8e74483': 'Key Vault Administrator',
  'f25e0fa2-a7c8-4377-a976-54943a77a395': 'Key Vault Contributor',
  '14b46e9e-c2b7-41b4-b07b-48a6ebf60603': 'Key Vault Crypto Officer',
  'b86a8fe4-44ce-4948-aee5-eccb2c155cd7': 'Key Vault Secrets Officer',
  '17d1049b-9a84-46fb-8f53-869881c3d3ab': 'Storage Account Contributor',
  '81a9662b-bebf-436f-a333-f67b29880f12': 'Storage Account Key Operator',
  'de139f84-1756-47ae-9be6-808fbbe84772': 'Website Contributor',
}

/** Tables of the book: rows, heads, openings, runs, and the approvals that rows speak of. */
const bookTables = ['audit', 'auditmeta', 'auditpii', 'auditruns', 'approvals']

/** Who may do what. */
export const roleInvariants: Readonly<Record<string, Invariant>> = {
  'every role stands on one page': ({ templates }) =>
    [...templates.values()].flatMap(({ path, resources }) =>
      resources
        .filter(({ type }) => type.startsWith('Microsoft.Authorization/role') && path !== 'infra/platform/roles.bicep')
        .map(({ line, name }) => `${path}:${line} ${name} is not in infra/platform/roles.bicep`),
    ),
  'nobody is given a role that rules': ({ templates }) =>
    [...templates.values()].flatMap(({ path, text }) =>
      Object.entries(forbidden).flatMap(([id, name]) => (text.includes(id) ? [`${path} names ${name}`] : [])),
    ),
  'no role of ours has a wildcard, manages roles, or reads keys': (deployed) =>
    ofType(deployed, 'Microsoft.Authorization/roleDefinitions').flatMap((role) =>
      actionsOf(role)
        .filter((action) => /\*|Microsoft\.Authorization|listKeys|SasToken|\/regenerate/i.test(action))
        .map((action) => `${role.place} ${role.symbol} may ${action}`),
    ),
  'only roles that say so delete, and none deletes blobs or keys': (deployed) =>
    ofType(deployed, 'Microsoft.Authorization/roleDefinitions').flatMap((role) =>
      actionsOf(role)
        .filter(
          (action) => /delete|purge/i.test(action) && !(role.symbol === 'remover' && /entities\/delete$/.test(action)),
        )
        .map((action) => `${role.place} ${role.symbol} may ${action}`),
    ),
  'the gateway deletes nothing of the book': (deployed) =>
    grantsOf(deployed, 'gateway')
      .filter(({ scope, role }) => mayDelete(role, deployed) && isOfBook(scope))
      .map(({ scope, place }) => `${place} the gateway may delete in ${scope}`),
  'only the sealer signs': (deployed) => {
    const signers = ofType(deployed, 'Microsoft.Authorization/roleDefinitions').filter((role) =>
      actionsOf(role).some((action) => /keys\/(sign|\*)/.test(action)),
    )
    return ['gateway', 'verifier'].flatMap((who) =>
      grantsOf(deployed, who)
        .filter(({ role }) => signers.some(({ name }) => role.endsWith(String(name))))
        .map(({ place }) => `${place} the ${who} may sign`),
    )
  },
  'the sealer reads no key of rows, and no app writes where another one starts': (deployed) => [
    ...grantsOf(deployed, 'sealer')
      .filter(({ scope }) => /\/secrets\//.test(scope) || scope.endsWith('/vaults'))
      .map(({ place }) => `${place} the sealer may read secrets`),
    ...foreignPackages(deployed),
  ],
  'roles are given to service principals and groups, and each says which': (deployed) =>
    ofType(deployed, 'Microsoft.Authorization/roleAssignments')
      .filter((one) => !['ServicePrincipal', 'Group'].includes(String(inside(one, 'properties.principalType'))))
      .map((one) => `${one.place} ${one.symbol} does not say to whom`),
}

function actionsOf(role: Planned): readonly string[] {
  const permissions = inside(role, 'properties.permissions')
  const sets = Array.isArray(permissions) ? permissions : []
  return sets.flatMap((set) => ['actions', 'dataActions'].flatMap((kind) => memberValue(set, kind) as string[]))
}

interface Grant {
  readonly place: string
  readonly role: string
  readonly scope: string
}

/** What an identity is given, by the end of its name. */
function grantsOf(deployed: Deployed, who: string): readonly Grant[] {
  const identity = ofType(deployed, 'Microsoft.ManagedIdentity/userAssignedIdentities').find(
    ({ symbol }) => symbol === who,
  )
  const { outputs } = deployed
  const principal = outputs[`COUNTERSIGN_${who.toUpperCase()}_IDENTITY_ID`]
  if (identity === undefined || typeof principal !== 'string') throw new Error(`there is no identity ${who}`)
  const grants = ofType(deployed, 'Microsoft.Authorization/roleAssignments')
    .filter((one) => inside(one, 'properties.principalId') === principal)
    .map((one) => ({
      place: one.place,
      role: String(inside(one, 'properties.roleDefinitionId')),
      scope: String(memberValue(one.body.scope ?? null, 'id')),
    }))
  if (grants.length === 0) throw new Error(`${who} is given nothing, so that nothing was judged`)
  return grants
}

const deletingBuiltIn = ['0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3', 'ba92f5b4-2d11-453d-a403-e96b0029c9fe']

function mayDelete(role: string, deployed: Deployed): boolean {
  const own = ofType(deployed, 'Microsoft.Authorization/roleDefinitions').find(({ name }) =>
    role.endsWith(String(name)),
  )
  if (own !== undefined) return actionsOf(own).some((action) => /delete|\*/.test(action))
  return deletingBuiltIn.some((id) => role.endsWith(id))
}

/** A table of the book, or all tables of its account. */
function isOfBook(scope: string): boolean {
  const [, account = '', table = ''] =
    /storageAccounts\/([^/]+)(?:\/tableServices\/default\/tables\/(\w+))?/.exec(scope) ?? []
  return account.includes('audit') && (table === '' || bookTables.includes(table))
}

/** Whoever may replace an app's package is that app: each host has one account, and no other's. */
function foreignPackages(deployed: Deployed): readonly string[] {
  const held = ['gateway', 'verifier'].map((who) => [
    ...new Set(grantsOf(deployed, who).flatMap((grant) => (isOperations(grant) ? [grant.scope] : []))),
  ])
  const isOneEach = held.every((scopes) => scopes.length === 1) && new Set(held.flat()).size === 2
  return isOneEach
    ? []
    : [`gateway and verifier write where apps start: ${held.map((scopes) => scopes.join(' ')).join('; ')}`]
}

function isOperations({ scope }: Grant): boolean {
  return /storageAccounts\/st(csgw|csev)[a-z0-9]+$/.test(scope)
}
