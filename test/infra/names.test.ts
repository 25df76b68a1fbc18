// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how Bicep writes it
import { describe, expect, it } from 'vitest'
import { infra, type Mutation, planMain, plant, variants } from '../support/bicep/deployments.ts'
import { nameRules } from '../support/bicep/name-rules.ts'
import type { Planned } from '../support/bicep/plan.ts'

const main = 'infra/main.bicep'
const most = variants['private, with a front'] ?? {}

/** azd takes letters, digits, hyphens, points and brackets, up to 64. */
const environments = ['a', 'Prod-EU.1', 'x'.repeat(64), `${'Long-'.repeat(12)}eu-1`, '9(1)']
const places = ['eu', 'germanywestcentral-and-longer-than-any']

const checked = (planned: readonly Planned[]) => planned.filter(({ type }) => !type.startsWith('Microsoft.Graph/'))

function faultsOf(planned: readonly Planned[]): readonly string[] {
  return checked(planned).flatMap(({ place, type, name }) => {
    const rule = nameRules[type]
    if (rule === undefined) return [`${place} nobody knows the names of ${type}`]
    return typeof name === 'string' && rule.test(name) ? [] : [`${place} ${type} ${JSON.stringify(name)}`]
  })
}

const combinations = environments.flatMap((environmentName) =>
  places.map((location) => [environmentName, location] as const),
)

describe('names (worked out offline: their shape is sure, the letters of uniqueString are not)', () => {
  it.each(combinations)('are such as Azure takes, for the environment %s in %s', (environmentName, location) => {
    const { planned } = planMain(infra, { ...most, environmentName, location })
    expect(checked(planned).length).toBeGreaterThan(150)
    expect(faultsOf(planned)).toEqual([])
  })

  it('are such as Azure takes, where other things are brought along', () => {
    expect(faultsOf(planMain(infra, variants['brought along'] ?? {}).planned)).toEqual([])
  })

  const faults: readonly (readonly [string, Mutation])[] = [
    ['a vault that is too long', [main, /\}cs-(\$\{token\}'\nvar vaultSub)/, '}countersign-$1']],
    ['an account with a hyphen', [main, /csgw\$\{token\}/, 'cs-gw$${token}']],
    ['an account that is named by its environment', [main, /csgw\$\{token\}/, 'cs$${environmentName}']],
    ['a group that is too long', [main, /take\(environmentName, 60\)/, "format('{0}{0}', environmentName)"]],
  ]

  it.each(faults)('are refused of %s', (_what, mutation) => {
    const { planned } = planMain(plant(infra, mutation), { ...most, environmentName: `${'Long-'.repeat(12)}eu-1` })
    expect(faultsOf(planned)).not.toEqual([])
  })

  it('differ between environments and places, and are the same for the same', () => {
    const namesOf = (environmentName: string, location: string) =>
      planMain(infra, { ...most, environmentName, location })
        .planned.filter(({ type }) => /^Microsoft\.(Storage\/storageAccounts|KeyVault\/vaults|Web\/sites)$/.test(type))
        .map(({ name }) => String(name))
    const [here, there, other] = [namesOf('dev', 'westeurope'), namesOf('dev', 'eastus'), namesOf('test', 'westeurope')]
    expect(here).toEqual(namesOf('dev', 'westeurope'))
    expect(new Set([...here, ...there, ...other]).size).toBe(3 * here.length)
  })
})
