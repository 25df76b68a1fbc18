import type { Environment } from '../azure/endpoints.ts'
import type { Finding } from '../finding.ts'
import { openSurroundings, type Surroundings, settingOf } from '../surroundings.ts'
import { checkAccount } from './account-checks.ts'
import { checkBrought, sayIrreversible } from './brought-checks.ts'
import { checkEntra } from './entra-checks.ts'
import { checkNames } from './name-checks.ts'
import { checkPolicy } from './policy-checks.ts'
import { checkProviders } from './provider-checks.ts'
import { checkRegions } from './region-checks.ts'
import { checkRights } from './rights-checks.ts'
import { checkSettings } from './settings-checks.ts'
import { checkTools } from './tools.ts'

/** Everything that could stop a deployment by this environment. */
export async function examinePreflight(environment: Environment): Promise<readonly Finding[]> {
  const surroundings = openSurroundings(environment)
  const here = await Promise.all([checkTools(), checkSettings(environment), checkPolicy()])
  return [...here.flat(), ...(await examineAccount(surroundings)), sayIrreversible(surroundings)]
}

/** What Azure and Entra say. Without a sign-in each further question would only say the same again. */
export async function examineAccount(surroundings: Surroundings): Promise<readonly Finding[]> {
  const account = await checkAccount(surroundings)
  const isIn = account.every(({ check, state }) => check !== 'sign-in' || state === 'ok')
  return isIn ? [...account, ...(await askAzure(surroundings))] : account
}

async function askAzure(surroundings: Surroundings): Promise<readonly Finding[]> {
  const isKnown = settingOf(surroundings, 'AZURE_SUBSCRIPTION_ID') !== ''
  const ofSubscription = [checkRights, checkProviders, checkRegions, checkNames, checkBrought]
  const checks = [...(isKnown ? ofSubscription : []), checkEntra]
  return (await Promise.all(checks.map((check) => check(surroundings)))).flat()
}
