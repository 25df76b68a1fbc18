import { readDeployment } from '../../local/doctor/deployment.ts'
import { type Directory, openDirectory } from '../../local/doctor/directory.ts'
import { faultOf } from '../azure/fault.ts'
import { claimText, readClaims } from '../azure/sign-in.ts'
import { type Finding, warn } from '../finding.ts'
import { type Surroundings, settingOf } from '../surroundings.ts'
import { loadDeclared } from './declared.ts'
import { openGateway } from './gateway.ts'
import type { Patient } from './patient.ts'
import { sayNobody } from './token-checks.ts'

/** azd and az ask for tokens under this application id, which Microsoft gave them. */
const toolsId = '04b07795-8ddb-461a-bbee-02f9e1bf7b46'

interface Admission {
  readonly patient: Patient
  /** What could not be tried, and why. */
  readonly findings: readonly Finding[]
}

/** A deployment in Azure by the environment of azd, looked at as whoever is signed in; null where there is none yet. */
export async function admit(surroundings: Surroundings): Promise<Admission | null> {
  const { environment, patience, endpoints } = surroundings
  if (settingOf(surroundings, 'COUNTERSIGN_PUBLIC_URL') === '') return null
  const backends = settingOf(surroundings, 'COUNTERSIGN_BACKENDS') || '{}'
  const deployment = readDeployment({ ...environment, COUNTERSIGN_BACKENDS: backends })
  if (deployment === null) return null
  const { token, finding } = await tokenForGateway(surroundings, deployment.COUNTERSIGN_CLIENT_ID)
  const claims = token === null ? {} : readClaims(token)
  const gateway = openGateway({ url: deployment.COUNTERSIGN_PUBLIC_URL, token, requestMs: patience.requestMs })
  const patient: Patient = {
    deployment,
    tenant: settingOf(surroundings, 'AZURE_TENANT_ID') || claimText(claims, 'tid'),
    gateway,
    person: token === null ? null : { oid: claimText(claims, 'oid'), claims },
    directory: await openGraph(surroundings),
    declared: await loadDeclared(),
    login: endpoints.login,
    settleMs: patience.settleMs,
  }
  return { patient, findings: finding === null ? [] : [finding] }
}

interface Admitted {
  readonly token: string | null
  readonly finding: Finding | null
}

/** DOCTOR_TOKEN, where somebody brings one; else a token of whoever is signed in, if it is a person's. */
async function tokenForGateway(surroundings: Surroundings, clientId: string): Promise<Admitted> {
  const brought = settingOf(surroundings, 'DOCTOR_TOKEN')
  try {
    const token = brought === '' ? await surroundings.signIn.token(`${clientId}/.default`) : brought
    const { scp, idtyp } = readClaims(token)
    if (idtyp !== 'app' && scp !== undefined) return { token, finding: null }
    const next = 'Run it once as a person: azd auth login; node infra/hooks/doctor.ts'
    return { token: null, finding: sayNobody('an application alone is signed in', next) }
  } catch (error) {
    if (faultOf(error) === null || !(error instanceof Error)) throw error
    return { token: null, finding: refused(error.message) }
  }
}

function refused(detail: string): Finding {
  const next = [
    `Let azd and az ask for its tokens: Portal: App registrations > the gateway > Expose an API > Add a client application ${toolsId};`,
    `and azd env set COUNTERSIGN_ALLOWED_ACTORS with it added. Or bring a token in DOCTOR_TOKEN.`,
  ].join(' ')
  return warn({ subject: 'token', check: 'person' }, { code: 'token_not_given', detail, next })
}

/** Consents are looked up as the person; where that cannot be, each backend says so for itself. */
async function openGraph(surroundings: Surroundings): Promise<Directory> {
  const { signIn, endpoints } = surroundings
  const brought = settingOf(surroundings, 'DOCTOR_GRAPH_TOKEN')
  try {
    return openDirectory(endpoints.graph, brought === '' ? await signIn.token(endpoints.graphScope) : brought)
  } catch (error) {
    const deny = () => Promise.reject(error)
    return { findApi: deny, grantsOf: deny }
  }
}
