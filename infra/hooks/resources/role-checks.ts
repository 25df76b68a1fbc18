import * as z from 'zod'
import { monthlySecretName } from '../../../shared/audit/key-months.ts'
import { attempt } from '../azure/fault.ts'
import { type Permission, permissionSchema, permits } from '../azure/permission.ts'
import { type Finding, note, ok, type Place, wrong } from '../finding.ts'
import { type Surroundings, settingOf } from '../surroundings.ts'
import { nameInUrl, ofType, type Resource } from './deployed.ts'

const assignment = z.object({ properties: z.object({ roleDefinitionId: z.string(), principalId: z.string() }) })
const definition = z.object({
  properties: z.object({ roleName: z.string(), permissions: z.array(permissionSchema) }),
})

type Spot = 'rows' | 'openings' | 'signing-key' | 'audit-key' | 'evidence'

/** What an identity must never be able to do, and where. */
interface Never {
  readonly identity: string
  readonly where: Spot
  readonly code: string
  readonly action: string
  readonly kind: 'actions' | 'dataActions'
}

const table = 'Microsoft.Storage/storageAccounts/tableServices/tables'
const blobs = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs'
const vault = 'Microsoft.KeyVault/vaults'
const gateway = 'COUNTERSIGN_GATEWAY_IDENTITY_ID'
const sealer = 'COUNTERSIGN_SEALER_IDENTITY_ID'
const verifier = 'COUNTERSIGN_VERIFIER_IDENTITY_ID'

const data = (identity: string, where: Spot, [code, action]: readonly [string, string]): Never => ({
  ...{ identity, where, code, action },
  kind: 'dataActions',
})
const control = (identity: string, where: Spot, [code, action]: readonly [string, string]): Never => ({
  ...{ identity, where, code, action },
  kind: 'actions',
})

const nevers: readonly Never[] = [
  data(gateway, 'rows', ['writer_may_delete', `${table}/entities/delete`]),
  control(gateway, 'rows', ['writer_may_delete', `${table}/delete`]),
  control(gateway, 'rows', ['writer_may_have_keys', 'Microsoft.Storage/storageAccounts/listKeys/action']),
  data(gateway, 'openings', ['writer_may_delete', `${table}/entities/delete`]),
  data(gateway, 'signing-key', ['writer_may_sign', `${vault}/keys/sign/action`]),
  data(gateway, 'evidence', ['writer_may_change_evidence', `${blobs}/write`]),
  data(gateway, 'evidence', ['writer_may_change_evidence', `${blobs}/delete`]),
  data(sealer, 'rows', ['sealer_may_delete', `${table}/entities/delete`]),
  data(sealer, 'audit-key', ['sealer_may_read_keys', `${vault}/secrets/getSecret/action`]),
  data(verifier, 'signing-key', ['verifier_may_sign', `${vault}/keys/sign/action`]),
]

const place = (check: string): Place => ({ subject: 'roles', check })

/** Whether no identity of the apps can do what another one is there to catch: read back from the roles that are assigned. */
export async function checkRoles(
  surroundings: Surroundings,
  deployed: readonly Resource[],
): Promise<readonly Finding[]> {
  const places = placesOf(surroundings, deployed)
  const asked = [...new Set(nevers.map(({ identity, where }) => `${identity} ${where}`))]
  const all = asked.map((pair) => {
    const [identity = '', where = ''] = pair.split(' ')
    const rules = nevers.filter((never) => never.identity === identity && never.where === where)
    return checkPair(surroundings, rules, places[where as Spot])
  })
  return (await Promise.all(all)).flat()
}

function placesOf(surroundings: Surroundings, deployed: readonly Resource[]): Readonly<Record<Spot, string>> {
  const audit = idOf(
    deployed,
    'Microsoft.Storage/storageAccounts',
    nameInUrl(surroundings, 'COUNTERSIGN_AUDIT_TABLES_URL'),
  )
  const brought = settingOf(surroundings, 'COUNTERSIGN_EXISTING_VAULT_ID')
  const own = brought || idOf(deployed, vault, nameInUrl(surroundings, 'COUNTERSIGN_KEY_VAULT_URL'))
  const evidence = settingOf(surroundings, 'COUNTERSIGN_EVIDENCE_ACCOUNT_ID')
  const below = (id: string, path: string) => (id === '' ? '' : `${id}/${path}`)
  return {
    rows: below(audit, 'tableServices/default/tables/audit'),
    openings: below(audit, 'tableServices/default/tables/auditpii'),
    'signing-key': below(own, 'keys/evidence-signing'),
    'audit-key': below(own, `secrets/${monthlySecretName(Date.now())}`),
    evidence: below(evidence, 'blobServices/default/containers/evidence'),
  }
}

function idOf(deployed: readonly Resource[], type: string, name: string): string {
  return ofType(deployed, type).find((one) => one.name.toLowerCase() === name.toLowerCase())?.id ?? ''
}

function checkPair(surroundings: Surroundings, rules: readonly Never[], scope: string): Promise<readonly Finding[]> {
  const [{ identity = '', where = '' } = {}] = rules
  const principal = settingOf(surroundings, identity)
  const at = place(`${identity.split('_')[1]?.toLowerCase()}-${where}`)
  if (principal === '' || scope === '') {
    const detail = principal === '' ? identity : `no place of ${where} in the group`
    return Promise.resolve([
      note(at, { code: 'not_tried_unknown', detail, next: 'azd provision writes it into the environment.' }),
    ])
  }
  return attempt(at, async () => {
    const given = await permissionsOf(surroundings, principal, scope)
    const broken = rules.filter(({ action, kind }) => permits(given, action, kind))
    const next = `az role assignment list --assignee ${principal} --scope ${scope} --include-inherited shows which one to remove.`
    if (broken.length === 0) return [ok(at, 'has no more than it needs')]
    return broken.map(({ code, action }) => wrong(at, { code, detail: action, next }))
  })
}

/** Of all roles of a principal at a scope, inherited ones and those of its groups included. */
async function permissionsOf({ arm }: Surroundings, principal: string, scope: string): Promise<readonly Permission[]> {
  const filter = encodeURIComponent(`atScope() and assignedTo('${principal}')`)
  const path = `${scope}/providers/Microsoft.Authorization/roleAssignments?$filter=${filter}&api-version=2022-04-01`
  const assigned = await arm.list({ what: 'role assignments', path, schema: assignment })
  const ids = [...new Set(assigned.map(({ properties }) => properties.roleDefinitionId))]
  const roles = ids.map((id) => arm.read({ what: 'a role', path: `${id}?api-version=2022-04-01`, schema: definition }))
  return (await Promise.all(roles)).flatMap(({ properties }) => properties.permissions)
}
