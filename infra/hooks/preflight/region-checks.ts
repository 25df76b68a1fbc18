import * as z from 'zod'
import { attempt } from '../azure/fault.ts'
import { type Finding, ok, type Place, wrong } from '../finding.ts'
import { type Surroundings, settingOf, subscriptionOf } from '../surroundings.ts'

/** The template's default. */
const usualRuntime = '22'

const named = z.object({ name: z.string() })
const runtime = z.object({
  linuxRuntimeSettings: z
    .object({
      runtimeVersion: z.string().default(''),
      Sku: z.array(z.object({ skuCode: z.string() })).nullish(),
    })
    .nullish(),
})
const stack = z.object({
  name: z.string(),
  properties: z.object({
    majorVersions: z.array(
      z.object({ value: z.string(), minorVersions: z.array(z.object({ stackSettings: runtime })).default([]) }),
    ),
  }),
})

const at = (check: string): Place => ({ subject: 'region', check })
/** `West Europe` and `westeurope` are one place. */
const plain = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, '')

/** Whether both regions exist and differ, and the first one has Flex Consumption and the version of Node. */
export async function checkRegions(surroundings: Surroundings): Promise<readonly Finding[]> {
  const location = plain(settingOf(surroundings, 'AZURE_LOCATION'))
  const evidence = plain(settingOf(surroundings, 'COUNTERSIGN_EVIDENCE_LOCATION'))
  const apart = checkApart(location, evidence)
  const asked = [checkKnown(surroundings, [location, evidence]), checkPlan(surroundings, location)]
  const all = await Promise.all(location === '' ? [] : [...asked, checkRuntime(surroundings, location)])
  return [apart, ...all.flat()]
}

function checkApart(location: string, evidence: string): Finding {
  const next =
    'azd env set COUNTERSIGN_EVIDENCE_LOCATION REGION, another than AZURE_LOCATION: az account list-locations'
  if (evidence === '')
    return wrong(at('evidence'), { code: 'evidence_region_missing', detail: 'COUNTERSIGN_EVIDENCE_LOCATION', next })
  if (evidence !== location) return ok(at('evidence'), evidence)
  const detail = `${evidence}, where the gateway is too: one disaster would take both`
  return wrong(at('evidence'), { code: 'evidence_region_same', detail, next })
}

function checkKnown(surroundings: Surroundings, wanted: readonly string[]): Promise<readonly Finding[]> {
  return attempt(at('names'), async () => {
    const path = `${subscriptionOf(surroundings)}/locations?api-version=2022-12-01`
    const known = new Set(
      (await surroundings.arm.list({ what: 'the regions', path, schema: named })).map(({ name }) => plain(name)),
    )
    const unknown = wanted.filter((name) => name !== '' && !known.has(name))
    if (unknown.length === 0) return [ok(at('names'), 'the subscription has them')]
    const next = 'az account list-locations --query "[].name" --output tsv lists what there is.'
    return unknown.map((name) => wrong(at('names'), { code: 'region_unknown', detail: name, next }))
  })
}

function checkPlan(surroundings: Surroundings, location: string): Promise<readonly Finding[]> {
  return attempt(at('plan'), async () => {
    const path = `${subscriptionOf(surroundings)}/providers/Microsoft.Web/geoRegions?sku=FlexConsumption&api-version=2023-12-01`
    const offered = await surroundings.arm.list({ what: 'the regions of Flex Consumption', path, schema: named })
    if (offered.some(({ name }) => plain(name) === location)) return [ok(at('plan'), 'Flex Consumption is there')]
    const next = 'az functionapp list-flexconsumption-locations lists where it is: azd env set AZURE_LOCATION REGION'
    return [wrong(at('plan'), { code: 'region_without_plan', detail: `${location} has no Flex Consumption`, next })]
  })
}

function checkRuntime(surroundings: Surroundings, location: string): Promise<readonly Finding[]> {
  return attempt(at('runtime'), async () => {
    const wanted = settingOf(surroundings, 'COUNTERSIGN_NODE_VERSION') || usualRuntime
    const path = `/providers/Microsoft.Web/locations/${location}/functionAppStacks?api-version=2020-10-01&stack=node`
    const stacks = await surroundings.arm.list({ what: 'the runtimes', path, schema: stack })
    const versions = stacks.filter(({ name }) => name === 'node').flatMap(flexVersions)
    if (versions.includes(wanted)) return [ok(at('runtime'), `Node ${wanted}`)]
    const detail = `Node ${wanted} is not offered in ${location}; there is ${versions.join(', ') || 'none'}`
    return [wrong(at('runtime'), { code: 'region_without_runtime', detail, next: 'azd env set AZURE_LOCATION REGION' })]
  })
}

function flexVersions({ properties }: z.output<typeof stack>): readonly string[] {
  const offersFlex = ({
    stackSettings: { linuxRuntimeSettings: linux },
  }: {
    stackSettings: z.output<typeof runtime>
  }) => linux?.Sku?.some(({ skuCode }) => skuCode === 'FC1') === true
  return properties.majorVersions
    .filter(({ minorVersions }) => minorVersions.some(offersFlex))
    .map(({ value }) => /\d+/.exec(value)?.[0] ?? value)
}
