import { attempt } from '../azure/fault.ts'
import { type Finding, note } from '../finding.ts'
import { checkRegistration } from '../registration/registration-checks.ts'
import { type Surroundings, settingOf } from '../surroundings.ts'
import { checkEvidenceApp } from './app-checks.ts'
import { listDeployed } from './deployed.ts'
import { checkRoles } from './role-checks.ts'
import { checkAccounts, checkImmutability } from './storage-checks.ts'
import { checkVault } from './vault-resource-checks.ts'

/** What Azure itself says of the deployment, read back as whoever deployed it. */
export async function examineResources(surroundings: Surroundings): Promise<readonly Finding[]> {
  if (settingOf(surroundings, 'AZURE_SUBSCRIPTION_ID') === '') {
    const next = 'Run it where azd has the environment, and it reads back what Azure says: azd env select NAME.'
    const place = { subject: 'resources', check: 'group' }
    return [note(place, { code: 'not_tried_no_subscription', detail: 'AZURE_SUBSCRIPTION_ID is not set', next })]
  }
  const clientId = settingOf(surroundings, 'COUNTERSIGN_CLIENT_ID')
  const registration = clientId === '' ? [] : await checkRegistration(surroundings, clientId)
  const resources = await attempt({ subject: 'resources', check: 'group' }, async () => {
    const deployed = await listDeployed(surroundings)
    const all = await Promise.all([
      checkAccounts(surroundings, deployed),
      checkImmutability(surroundings),
      checkVault(surroundings, deployed),
      checkRoles(surroundings, deployed),
      checkEvidenceApp(surroundings, deployed),
    ])
    return all.flat()
  })
  return [...registration, ...resources]
}
