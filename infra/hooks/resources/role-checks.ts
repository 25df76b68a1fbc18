import * as z from 'zod'
import { attempt } from '../azure/fault.ts'
import { type Permission, permissionSchema, permits } from '../azure/permission.ts'
import { type Finding, note, ok, type Place, wrong } from '../finding.ts'
import { type Surroundings, settingOf } from '../surroundings.ts'
import { nameInUrl, ofType, type Resource } from './deployed.ts'

const assignment = z.object({ properties: z.object({ roleDefinitionId: z.string(), principalId: z.string() }) })
const definition = z.object({
  properties: z.object({ roleName: z.string(), permissions: z.array(permissionSchema) }),
})

/** What an identity must never be able to do, and where. */
interface Never {
  readonly identity: string
  readonly where: 'audit' | 'vault' | 'evidence'
  readonly code: string
  readonly action: string
  readonly kind: 'actions' | 'dataActions'
}

const tables = 'Microsoft.Storage/storageAccounts/tableServices/tables'
const blobs = 'Microsoft.Storage/storageAccounts/blobServices/containers'
const listKeys = { action: 'Microsoft.Storage/storageAccounts/listKeys/action', kind: 'actions' } as const
const gateway = 'COUNTERSIGN_GATEWAY_IDENTITY_ID'
const sealer = 'COUNTERSIGN_SEALER_IDENTITY_ID'
const verifier = 'COUNTERSIGN_VERIFIER_IDENTITY_ID'

const nevers: readonly Never[] = [
  {
    identity: gateway,
    where: 'audit',
    code: 'writer_may_delete',
    action: `${tables}/entities/delete`,
    kind: 'dataActions',
  },
  { identity: gateway, where: 'audit', code: 'writer_may_delete', action: `${tables}/delete`, kind: 'actions' },
  { identity: gateway, where: 'audit', code: 'writer_may_have_keys', ...listKeys },
  {
    identity: gateway,
    where: 'vault',
    code: 'writer_may_sign',
    action: 'Microsoft.KeyVault/vaults/keys/sign/action',
    kind: 'dataActions',
  },
  {
    identity: gateway,
    where: 'evidence',
    code: 'writer_may_change_evidence',
    action: `${blobs}/blobs/write`,
    kind: 'dataActions',
  },
  {
    identity: sealer,
    where: 'audit',
    code: 'sealer_may_delete',
    action: `${tables}/entities/delete`,
    kind: 'dataActions',
  },
  {
    identity: sealer,
    where: 'vault',
    code: 'sealer_may_read_keys',
    action: 'Microsoft.KeyVault/vaults/secrets/getSecret/action',
    kind: 'dataActions',
  },
  {
    identity: verifier,
    where: 'vault',
    code: 'verifier_may_sign',
    action: 'Microsoft.KeyVault/vaults/keys/sign/action',
    kind: 'dataActions',
  },
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
    return checkPair(surroundings, rules, places[where as Never['where']])
  })
  return (await Promise.all(all)).flat()
}

function placesOf(surroundings: Surroundings, deployed: readonly Resource[]): Readonly<Record<Never['where'], string>> {
  const find = (type: string, setting: string) => {
    const name = nameInUrl(surroundings, setting).toLowerCase()
    return ofType(deployed, type).find((one) => one.name.toLowerCase() === name)?.id ?? ''
  }
  return {
    audit: find('Microsoft.Storage/storageAccounts', 'COUNTERSIGN_AUDIT_TABLES_URL'),
    vault:
      settingOf(surroundings, 'COUNTERSIGN_EXISTING_VAULT_ID') ||
      find('Microsoft.KeyVault/vaults', 'COUNTERSIGN_KEY_VAULT_URL'),
    evidence: settingOf(surroundings, 'COUNTERSIGN_EVIDENCE_ACCOUNT_ID'),
  }
}

function checkPair(surroundings: Surroundings, rules: readonly Never[], scope: string): Promise<readonly Finding[]> {
  const [{ identity = '', where = '' } = {}] = rules
  const principal = settingOf(surroundings, identity)
  const at = place(`${identity.split('_')[1]?.toLowerCase()}-${where}`)
  if (principal === '' || scope === '') {
    const detail = principal === '' ? identity : `no ${where} in the group`
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
  const filter = encodeURIComponent(`assignedTo('${principal}')`)
  const path = `${scope}/providers/Microsoft.Authorization/roleAssignments?$filter=${filter}&api-version=2022-04-01`
  const assigned = await arm.list({ what: 'role assignments', path, schema: assignment })
  const ids = [...new Set(assigned.map(({ properties }) => properties.roleDefinitionId))]
  const roles = ids.map((id) => arm.read({ what: 'a role', path: `${id}?api-version=2022-04-01`, schema: definition }))
  return (await Promise.all(roles)).flatMap(({ properties }) => properties.permissions)
}
