import { keepValue } from '../azure/azd-environment.ts'
import { attempt, faultOf } from '../azure/fault.ts'
import { type Finding, note, warn } from '../finding.ts'
import { listDeployed, ofType } from '../resources/deployed.ts'
import type { Flags } from '../run-hook.ts'
import { openSurroundings, type Surroundings, settingOf } from '../surroundings.ts'
import { areOurs, madeMark, removeRegistrations } from './registrations.ts'
import { sayRemains } from './remains.ts'

const place = { subject: 'gateway', check: 'down' }

/** What stays, and what became of the registrations: kept while anything runs, removed afterwards, or only named. */
export async function examineDown(flags: Flags): Promise<readonly Finding[]> {
  const surroundings = openSurroundings(process.env)
  const isReal = !flags.has('--dry-run')
  const remains = await sayRemains(surroundings)
  const removed = await attempt(place, async () =>
    (await isUp(surroundings)) ? sayUp(surroundings, isReal) : removeRegistrations(surroundings, isReal),
  )
  return [...remains, ...removed]
}

async function sayUp(surroundings: Surroundings, isReal: boolean): Promise<readonly Finding[]> {
  const isKept = !isReal || !areOurs(surroundings) || (await keepValue(madeMark, 'true'))
  const next = 'azd down takes it down; afterwards this hook removes the registrations that the deployment made.'
  const up = note(place, { code: 'still_up', detail: 'its registrations are in use and stay for now', next })
  if (isKept) return [up]
  const how = `azd env set ${madeMark} true: without it they stay after azd down.`
  return [up, warn(place, { code: 'mark_not_kept', detail: madeMark, next: how })]
}

/** A registration is removed when nothing uses it any more: the two runs of the hook tell by this, not by their names. */
async function isUp(surroundings: Surroundings): Promise<boolean> {
  if (settingOf(surroundings, 'AZURE_RESOURCE_GROUP') === '') return false
  try {
    return ofType(await listDeployed(surroundings), 'Microsoft.Web/sites').length > 0
  } catch (error) {
    if (faultOf(error) === 'azure_not_found') return false
    throw error
  }
}
