import { clouds } from '../../../shared/config/clouds.ts'
import { diagnose } from '../../local/doctor/diagnose.ts'
import { isWrong, type Finding as Seen } from '../../local/doctor/finding.ts'
import { type Finding, note, warn, wrong } from '../finding.ts'
import { callThrough } from './gateway.ts'
import type { Patient } from './patient.ts'
import { untilSettled } from './settle.ts'

/** What a consent or a federated credential that still spreads looks like. */
const passing = new Set(['exchange_refused', 'directory_unreadable'])

/** Every configured backend, with one real exchange as the person; and the one link that is left. */
export async function checkBackends(patient: Patient): Promise<readonly Finding[]> {
  const { person, deployment, settleMs } = patient
  const names = Object.keys(deployment.COUNTERSIGN_BACKENDS)
  const place = { subject: 'backends', check: 'configured' }
  if (names.length === 0)
    return [note(place, { code: 'no_backend', detail: 'COUNTERSIGN_BACKENDS names none', next: 'docs/backends.md' })]
  if (person === null) return []
  const look = async () => (await examine(patient, person.oid)).map(translate)
  const found = await untilSettled(look, { settleMs, isPassing: ({ code }) => passing.has(code) })
  return [...found, ...judgePolicy(found), ...linkFor(patient, found)]
}

function examine({ deployment, declared, directory, gateway }: Patient, person: string): Promise<readonly Seen[]> {
  return diagnose({ deployment, declared, directory, person, call: callThrough(gateway) })
}

function translate(seen: Seen): Finding {
  const { backend: subject, check, code, detail, next } = seen
  if (isWrong(seen)) return wrong({ subject, check }, { code, detail, next })
  return { subject, check, code, detail, next, state: code === 'ok' ? 'ok' : 'note' }
}

/** A deployer who may call nothing is no fault; that nobody at all may is seen here first. */
function judgePolicy(found: readonly Finding[]): readonly Finding[] {
  const tried = found.filter(({ check }) => check === 'exchange')
  if (tried.length === 0 || tried.some(({ code }) => code !== 'not_tried_policy')) return []
  const next =
    'Run it as somebody who may, or permit somebody: npm run policy -- explain says what would pass (docs/policy.md).'
  const place = { subject: 'backends', check: 'policy' }
  return [warn(place, { code: 'policy_permits_nothing', detail: 'policy refuses every call of this person', next })]
}

/** One visit grants all delegated permissions that the registration names (Entra's admin consent endpoint). */
function linkFor({ deployment, tenant }: Patient, found: readonly Finding[]): readonly Finding[] {
  const lacking = [...new Set(found.filter(({ code }) => code === 'consent_missing').map(({ subject }) => subject))]
  if (lacking.length === 0) return []
  const host = clouds[deployment.COUNTERSIGN_CLOUD].entra
  const link = `https://${host}/${tenant}/adminconsent?client_id=${deployment.COUNTERSIGN_CLIENT_ID}`
  const next = `An administrator opens this link once, and accepts: ${link}`
  return [wrong({ subject: 'consent', check: 'link' }, { code: 'consent_left', detail: lacking.join(', '), next })]
}
