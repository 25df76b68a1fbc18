import { attempt } from '../azure/fault.ts'
import { type Permission, permissionSchema, permits } from '../azure/permission.ts'
import { claimText, readClaims } from '../azure/sign-in.ts'
import { type Finding, ok, wrong } from '../finding.ts'
import { type Surroundings, settingOf, subscriptionOf } from '../surroundings.ts'

const making = [
  'Microsoft.Resources/deployments/write',
  'Microsoft.Resources/subscriptions/resourceGroups/write',
  'Microsoft.Web/sites/write',
  'Microsoft.Storage/storageAccounts/write',
  'Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies/lock/action',
  'Microsoft.KeyVault/vaults/write',
  'Microsoft.ManagedIdentity/userAssignedIdentities/write',
  'Microsoft.Insights/components/write',
] as const
const assigning = ['Microsoft.Authorization/roleAssignments/write'] as const
// The writer's right to add and update without deleting is in no built-in role.
const defining = ['Microsoft.Authorization/roleDefinitions/write'] as const

const place = { subject: 'rights', check: 'subscription' }

/** Whether whoever is signed in may make the resources, give the roles and define those that Azure has not. */
export function checkRights(surroundings: Surroundings): Promise<readonly Finding[]> {
  return attempt(place, async () => {
    const path = `${subscriptionOf(surroundings)}/providers/Microsoft.Authorization/permissions?api-version=2022-04-01`
    const what = 'your permissions on the subscription'
    const given = await surroundings.arm.list({ what, path, schema: permissionSchema })
    return judgeRights(given, await mendOf(surroundings))
  })
}

type Mend = (role: string) => string

async function mendOf(surroundings: Surroundings): Promise<Mend> {
  const claims = readClaims(await surroundings.signIn.token(surroundings.endpoints.armScope))
  const scope = `/subscriptions/${settingOf(surroundings, 'AZURE_SUBSCRIPTION_ID')}`
  return (role) =>
    `az role assignment create --assignee-object-id ${claimText(claims, 'oid')} --role "${role}" --scope ${scope}`
}

/** What is missing of each kind of right, and the role that has it. */
function judgeRights(given: readonly Permission[], mend: Mend): readonly Finding[] {
  const kinds = [
    { code: 'rights_resources_missing', wanted: making, role: 'Contributor' },
    { code: 'rights_assignments_missing', wanted: assigning, role: 'Role Based Access Control Administrator' },
    { code: 'rights_definitions_missing', wanted: defining, role: 'User Access Administrator' },
  ] as const
  const found = kinds.flatMap(({ code, wanted, role }) => {
    const missing = wanted.filter((action) => !permits(given, action))
    if (missing.length === 0) return []
    const next = `Somebody with Owner gives it: ${mend(role)}`
    return [wrong(place, { code, detail: missing.join(', '), next })]
  })
  return found.length > 0 ? found : [ok(place, 'resources, role assignments and role definitions can be made')]
}
