import type { Backend } from '../../../shared/backend/define.ts'
import { checkAddresses, type Subject } from './address-checks.ts'
import { type CallGateway, checkCall } from './call-check.ts'
import { type ConsentQuestion, checkConsent } from './consent-checks.ts'
import type { Deployment } from './deployment.ts'
import { type Finding, find, isWrong } from './finding.ts'

/** What the doctor works with. */
export interface Surgery extends ConsentQuestion {
  readonly deployment: Deployment
  readonly declared: readonly Backend[]
  readonly call: CallGateway
}

/** Looks at every configured backend; what fails early is not tried later. */
export async function diagnose(surgery: Surgery): Promise<readonly Finding[]> {
  const names = Object.keys(surgery.deployment.COUNTERSIGN_BACKENDS)
  const all: Finding[] = []
  for (const name of names) all.push(...(await diagnoseOne(name, surgery)))
  return all
}

async function diagnoseOne(name: string, surgery: Surgery): Promise<readonly Finding[]> {
  const { deployment, declared, call } = surgery
  const backend = declared.find((each) => each.name === name)
  const configuration = deployment.COUNTERSIGN_BACKENDS[name]
  if (backend === undefined || configuration === undefined)
    return [find(name, 'configuration', { code: 'backend_unknown', detail: 'no such backend is declared' })]
  const subject: Subject = { backend, configuration, deployment }
  const addresses = checkAddresses(subject)
  if (addresses.some(isWrong)) return addresses
  const consent = await checkConsent(subject, surgery)
  const isRefused = consent.some((finding) => isWrong(finding) && finding.code !== 'directory_unreadable')
  return [...addresses, ...consent, ...(isRefused ? [] : await checkCall(backend, call))]
}
