import * as z from 'zod'
import { attempt } from '../azure/fault.ts'
import { type Finding, note, ok, type Place } from '../finding.ts'
import { type Surroundings, settingOf } from '../surroundings.ts'

const application = z.object({ id: z.string(), appId: z.string(), uniqueName: z.string().nullish() })

type Registration = z.output<typeof application>

const place: Place = { subject: 'registrations', check: 'remove' }

/** Remembers over `azd down`, which forgets the outputs of the template, that the deployment made its registrations. */
export const madeMark = 'COUNTERSIGN_REGISTRATION_MADE'

/** Whether the deployment made them itself; what an Entra administrator brought is theirs to remove. */
export function areOurs(surroundings: Pick<Surroundings, 'environment'>): boolean {
  return settingOf(surroundings, 'COUNTERSIGN_REGISTRATION') === 'made' || settingOf(surroundings, madeMark) === 'true'
}

/** The unique names under which the identity module registers gateway and console of an environment. */
function uniqueNamesOf(environmentName: string): readonly string[] {
  return [`countersign-${environmentName}`, `countersign-console-${environmentName}`]
}

/** Removes what the deployment registered, by its unique names; without `isReal` it only says what it would remove. */
export function removeRegistrations(surroundings: Surroundings, isReal: boolean): Promise<readonly Finding[]> {
  return attempt(place, async () => {
    const name = settingOf(surroundings, 'AZURE_ENV_NAME')
    if (name === '' || !areOurs(surroundings)) {
      const next = `If this deployment did make them: azd env set ${madeMark} true, and node infra/hooks/down.ts.`
      return [note(place, { code: 'not_ours', detail: 'brought, or unknown: nothing is removed', next })]
    }
    const found: Finding[] = []
    for (const uniqueName of uniqueNamesOf(name)) found.push(await removeOne(surroundings, uniqueName, isReal))
    return found
  })
}

async function removeOne(surroundings: Surroundings, uniqueName: string, isReal: boolean): Promise<Finding> {
  const registration = await findRegistration(surroundings, uniqueName)
  if (registration === null) return ok(place, `${uniqueName}: nothing to remove`)
  const { id, appId } = registration
  if (!isReal) return note(place, { code: 'would_remove', detail: `${uniqueName} (${appId})`, next: '' })
  await surroundings.graph.remove(`/v1.0/applications/${encodeURIComponent(id)}`, `removing ${uniqueName}`)
  const next = 'Entra keeps it for 30 days: Portal: Entra ID > App registrations > Deleted applications.'
  return note(place, { code: 'removed', detail: `${uniqueName} (${appId})`, next })
}

/** The filter is applied again here: nothing is removed on the word of an answer to another question. */
async function findRegistration({ graph }: Surroundings, uniqueName: string): Promise<Registration | null> {
  const filter = encodeURIComponent(`uniqueName eq '${uniqueName.replaceAll("'", "''")}'`)
  const path = `/v1.0/applications?$filter=${filter}&$select=id,appId,uniqueName`
  const all = await graph.list({ what: `the registration ${uniqueName}`, path, schema: application })
  return all.find((one) => one.uniqueName === uniqueName) ?? null
}
