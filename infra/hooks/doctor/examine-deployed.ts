import type { Environment } from '../azure/endpoints.ts'
import type { SignIn } from '../azure/sign-in.ts'
import { type Finding, wrong } from '../finding.ts'
import { examineResources } from '../resources/examine-resources.ts'
import { openSurroundings } from '../surroundings.ts'
import { admit } from './deployed-patient.ts'
import { examine } from './examine.ts'

/** Everything about a deployment in Azure: from outside as a person, and what Azure says of it. */
export async function examineDeployed(environment: Environment, signIn?: SignIn): Promise<readonly Finding[]> {
  const surroundings = openSurroundings(environment, signIn)
  const admission = await admit(surroundings)
  if (admission === null) {
    const next = 'azd provision makes one; azd env select NAME chooses another environment.'
    const place = { subject: 'environment', check: 'deployment' }
    return [wrong(place, { code: 'not_deployed', detail: 'COUNTERSIGN_PUBLIC_URL is not set', next })]
  }
  const [seen, read] = await Promise.all([examine(admission.patient), examineResources(surroundings)])
  return [...seen, ...admission.findings, ...read]
}
