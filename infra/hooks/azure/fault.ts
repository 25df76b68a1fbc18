import { type Finding, type Place, type Said, wrong } from '../finding.ts'

/** Why a service of Azure gave no answer that can be used. */
export type FaultCode =
  | 'not_signed_in'
  | 'sign_in_refused'
  | 'sign_in_tool_missing'
  | 'azure_unauthorized'
  | 'azure_forbidden'
  | 'azure_not_found'
  | 'azure_refused'
  | 'azure_throttled'
  | 'azure_unavailable'
  | 'azure_too_slow'
  | 'azure_unreachable'
  | 'azure_malformed'
  | 'azure_leads_elsewhere'

const nextSteps: Readonly<Record<FaultCode, string>> = {
  not_signed_in: 'azd auth login (or: az login), then the same command again.',
  sign_in_refused:
    'azd auth login --tenant-id TENANT signs in anew; the AADSTS number says what Entra wants: https://login.microsoftonline.com/error',
  sign_in_tool_missing: 'Install the Azure Developer CLI: https://aka.ms/azd-install',
  azure_unauthorized: 'The sign-in is over or of another tenant: azd auth login --tenant-id TENANT.',
  azure_forbidden: 'Ask an administrator for the right to read this, or have one run this command.',
  azure_not_found: 'Look whether it was removed, or is of another subscription: azd env get-values.',
  azure_refused: 'Azure did not understand the question: a newer version of this template may be needed.',
  azure_throttled: 'Too many questions for now: wait a few minutes, and run the same command again.',
  azure_unavailable: 'Azure has an outage here: https://status.azure.com; run the same command again later.',
  azure_too_slow: 'No answer in time: run it again; HOOKS_REQUEST_SECONDS=60 waits longer.',
  azure_unreachable: 'Check the network, the proxy (HTTPS_PROXY) and its certificates (NODE_EXTRA_CA_CERTS).',
  azure_malformed: 'Something between here and Azure answered in its place: check the proxy, and run it again.',
  azure_leads_elsewhere: 'A page led to another host and was not followed: check what stands between here and Azure.',
}

/** An error that says which fault it is. */
export function makeFault(code: FaultCode, detail: string): Error {
  return Object.assign(new Error(detail), { fault: code })
}

/** The code of an error that `makeFault` made; null for any other. */
export function faultOf(error: unknown): FaultCode | null {
  return error instanceof Error && 'fault' in error ? (error.fault as FaultCode) : null
}

/** What to say of a fault, and what to do about it. */
function sayFault(code: FaultCode, detail: string): Said {
  return { code, detail, next: nextSteps[code] }
}

/** What a check finds; a fault of Azure on the way becomes its finding, any other error goes on. */
export async function attempt(
  place: Place,
  look: () => Promise<readonly Finding[]>,
  judge: typeof wrong = wrong,
): Promise<readonly Finding[]> {
  try {
    return await look()
  } catch (error) {
    const code = faultOf(error)
    if (code === null || !(error instanceof Error)) throw error
    return [judge(place, sayFault(code, error.message))]
  }
}
