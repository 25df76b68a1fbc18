import * as z from 'zod'
import { type Surroundings, settingOf, subscriptionOf } from '../surroundings.ts'

const deleted = z.object({
  name: z.string(),
  properties: z.object({
    scheduledPurgeDate: z.string().nullish(),
    tags: z.record(z.string(), z.string()).nullish(),
  }),
})

/** A vault that lies deleted: its name is taken until it is purged, which nobody can hasten under purge protection. */
export interface DeletedVault {
  readonly name: string
  /** Day on which it goes by itself, as Azure says it; null where it does not. */
  readonly until: string | null
}

/** Deleted vaults of this environment, by its tag or by one of these names. */
export async function findDeletedVaults(
  surroundings: Surroundings,
  names: readonly string[],
): Promise<readonly DeletedVault[]> {
  const path = `${subscriptionOf(surroundings)}/providers/Microsoft.KeyVault/deletedVaults?api-version=2023-07-01`
  const all = await surroundings.arm.list({ what: 'the deleted vaults', path, schema: deleted })
  const own = settingOf(surroundings, 'AZURE_ENV_NAME')
  const isOurs = ({ name, properties }: z.output<typeof deleted>) =>
    (own !== '' && properties.tags?.['azd-env-name'] === own) || names.includes(name.toLowerCase())
  return all
    .filter(isOurs)
    .map(({ name, properties }) => ({ name, until: properties.scheduledPurgeDate?.slice(0, 10) ?? null }))
}
