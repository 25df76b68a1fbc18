/**
 * Before anything is made (azd: `preprovision`): whether this deployment can succeed, and how to mend what would stop it.
 * It changes nothing. `node infra/hooks/preflight.ts [--json] [--strict]` on Node 22.18 or later, else by tsx.
 */
import type { Finding } from './finding.ts'
import { checkAccount } from './preflight/account-checks.ts'
import { checkBrought, sayIrreversible } from './preflight/brought-checks.ts'
import { checkEntra } from './preflight/entra-checks.ts'
import { checkNames } from './preflight/name-checks.ts'
import { checkPolicy } from './preflight/policy-checks.ts'
import { checkProviders } from './preflight/provider-checks.ts'
import { checkRegions } from './preflight/region-checks.ts'
import { checkRights } from './preflight/rights-checks.ts'
import { checkSettings } from './preflight/settings-checks.ts'
import { checkTools } from './preflight/tools.ts'
import { runHook } from './run-hook.ts'
import { openSurroundings, type Surroundings, settingOf } from './surroundings.ts'

async function examine(): Promise<readonly Finding[]> {
  const surroundings = openSurroundings(process.env)
  const here = await Promise.all([checkTools(), checkSettings(process.env), checkPolicy()])
  const account = await checkAccount(surroundings)
  // Without a sign-in each further question would only say the same again.
  const isIn = account.every(({ check, state }) => check !== 'sign-in' || state === 'ok')
  return [...here.flat(), ...account, ...(isIn ? await askAzure(surroundings) : []), sayIrreversible(surroundings)]
}

async function askAzure(surroundings: Surroundings): Promise<readonly Finding[]> {
  const isKnown = settingOf(surroundings, 'AZURE_SUBSCRIPTION_ID') !== ''
  const ofSubscription = [checkRights, checkProviders, checkRegions, checkNames, checkBrought]
  const checks = [...(isKnown ? ofSubscription : []), checkEntra]
  return (await Promise.all(checks.map((check) => check(surroundings)))).flat()
}

process.exitCode = await runHook(
  { name: 'preflight', title: 'Before the deployment:', flags: [], examine },
  process.argv.slice(2),
)
