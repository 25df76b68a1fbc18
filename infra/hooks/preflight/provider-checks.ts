import * as z from 'zod'
import { attempt } from '../azure/fault.ts'
import { type Finding, ok, wrong } from '../finding.ts'
import { type Surroundings, settingOf, subscriptionOf } from '../surroundings.ts'

const provider = z.object({ namespace: z.string(), registrationState: z.string().default('NotRegistered') })
const place = { subject: 'subscription', check: 'providers' }
const always = [
  'Microsoft.Authorization',
  'Microsoft.Insights',
  'Microsoft.KeyVault',
  'Microsoft.ManagedIdentity',
  'Microsoft.OperationalInsights',
  'Microsoft.Storage',
  'Microsoft.Web',
]

/** Whether the resource providers of everything that will be made are registered. */
export function checkProviders(surroundings: Surroundings): Promise<readonly Finding[]> {
  return attempt(place, async () => {
    const path = `${subscriptionOf(surroundings)}/providers?api-version=2021-04-01`
    const all = await surroundings.arm.list({ what: 'the resource providers', path, schema: provider })
    const isRegistered = (name: string) =>
      all.some(
        ({ namespace, registrationState }) =>
          namespace.toLowerCase() === name.toLowerCase() && registrationState === 'Registered',
      )
    const missing = neededProviders(surroundings).filter((name) => !isRegistered(name))
    if (missing.length === 0) return [ok(place, 'all are registered')]
    return missing.map((name) => {
      const next = `az provider register --namespace ${name} --wait`
      return wrong(place, { code: 'provider_not_registered', detail: name, next })
    })
  })
}

/** A private network joins Flex Consumption by a delegation to Microsoft.App. */
function neededProviders(surroundings: Surroundings): readonly string[] {
  const isPrivate = settingOf(surroundings, 'COUNTERSIGN_NETWORK') === 'private'
  const hasFront = settingOf(surroundings, 'COUNTERSIGN_API_MANAGEMENT') === 'front'
  return [
    ...always,
    ...(isPrivate ? ['Microsoft.App', 'Microsoft.Network'] : []),
    ...(hasFront ? ['Microsoft.ApiManagement'] : []),
  ]
}
