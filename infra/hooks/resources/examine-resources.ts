import { attempt } from '../azure/fault.ts'
import type { Finding } from '../finding.ts'
import { checkRegistration } from '../registration/registration-checks.ts'
import { type Surroundings, settingOf } from '../surroundings.ts'
import { checkEvidenceApp } from './app-checks.ts'
import { listDeployed } from './deployed.ts'
import { checkRoles } from './role-checks.ts'
import { checkAccounts, checkImmutability } from './storage-checks.ts'
import { checkVault } from './vault-resource-checks.ts'

/** What Azure itself says of the deployment, read back as whoever deployed it. */
export async function examineResources(surroundings: Surroundings): Promise<readonly Finding[]> {
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
