import * as z from 'zod'
import { type Surroundings, settingOf, subscriptionOf } from '../surroundings.ts'

const resource = z.object({ id: z.string(), name: z.string(), type: z.string() })

export type Resource = z.output<typeof resource>

/** What stands in the deployment's group. */
export function listDeployed(surroundings: Surroundings): Promise<readonly Resource[]> {
  const group = encodeURIComponent(settingOf(surroundings, 'AZURE_RESOURCE_GROUP'))
  const path = `${subscriptionOf(surroundings)}/resourceGroups/${group}/resources?api-version=2021-04-01`
  return surroundings.arm.list({ what: 'the resources of the deployment', path, schema: resource })
}

export function ofType(all: readonly Resource[], type: string): readonly Resource[] {
  return all.filter((one) => one.type.toLowerCase() === type.toLowerCase())
}

/** The first label of the host that a setting names: an account's or a vault's name. */
export function nameInUrl(surroundings: Surroundings, setting: string): string {
  const url = settingOf(surroundings, setting)
  return URL.canParse(url) ? (new URL(url).hostname.split('.')[0] ?? '') : ''
}
