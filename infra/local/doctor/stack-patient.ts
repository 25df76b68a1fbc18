import { readClaims } from '../../hooks/azure/sign-in.ts'
import { loadDeclared } from '../../hooks/doctor/declared.ts'
import { openGateway } from '../../hooks/doctor/gateway.ts'
import type { Patient } from '../../hooks/doctor/patient.ts'
import type { StackFile } from '../stack/local-folder.ts'
import { readDeployment } from './deployment.ts'
import { openDirectory } from './directory.ts'
import { signInLocally } from './signed-in.ts'

const requestMs = 60_000

/** The running stack, looked at as alice. Throws where its file has no settings. */
export async function admitStack(stack: StackFile): Promise<Patient> {
  const deployment = readDeployment(stack.settings ?? {})
  if (deployment === null) throw new Error('the running stack does not say its settings: start it anew')
  const { person, gatewayToken, auditorToken, graphToken, gateway, graph } = await signInLocally(stack)
  return {
    deployment,
    tenant: stack.tenant,
    gateway: openGateway({ url: gateway, token: gatewayToken, requestMs }),
    auditor: openGateway({ url: gateway, token: auditorToken, requestMs }),
    person: { oid: person, claims: readClaims(gatewayToken) },
    directory: openDirectory(graph, graphToken),
    declared: await loadDeclared(),
    login: stack.entra,
    settleMs: 0,
  }
}
