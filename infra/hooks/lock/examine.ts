import { attempt } from '../azure/fault.ts'
import { type LockedContainer, lockEvidence } from '../evidence-lock.ts'
import { type Finding, note, ok, type Place, warn, wrong } from '../finding.ts'
import type { Flags } from '../run-hook.ts'
import { openSurroundings, settingOf } from '../surroundings.ts'

const place: Place = { subject: 'evidence', check: 'lock' }

/** Locks what is exactly as it was meant, and says of each container what became of it. */
export async function examineLock(flags: Flags): Promise<readonly Finding[]> {
  const surroundings = openSurroundings(process.env)
  const { endpoints, patience, signIn } = surroundings
  const accountId = settingOf(surroundings, 'COUNTERSIGN_EVIDENCE_ACCOUNT_ID')
  const days = Number(settingOf(surroundings, 'COUNTERSIGN_RETENTION_DAYS'))
  if (accountId === '' || !Number.isInteger(days) || days < 183) return [missing()]
  if (settingOf(surroundings, 'COUNTERSIGN_EVIDENCE_LOCK') === 'unlocked') return [leftOpen()]
  if (flags.has('--dry-run'))
    return [note(place, { code: 'not_tried', detail: `${days} days`, next: 'Without --dry-run.' })]
  const options = { origin: endpoints.arm, accountId, days, timeout: patience.requestMs }
  return attempt(place, async () => {
    const done = await lockEvidence({ ...options, token: () => signIn.token(endpoints.armScope) })
    return done.map((one) => say(one, days))
  })
}

function say({ container, outcome, reason }: LockedContainer, days: number): Finding {
  if (outcome !== 'refused') return ok(place, `${container}: locked, for ${days} days at least`)
  const next = `Look at the access policy of ${container} in the evidence account, mend it and run azd provision again.`
  return wrong(place, { code: reason.split(':')[0] ?? 'lock_refused', detail: `${container} ${reason}`, next })
}

function missing(): Finding {
  const detail = 'COUNTERSIGN_EVIDENCE_ACCOUNT_ID, COUNTERSIGN_RETENTION_DAYS'
  return wrong(place, { code: 'value_missing', detail, next: 'azd provision writes it into the environment.' })
}

function leftOpen(): Finding {
  const next = 'azd env set COUNTERSIGN_EVIDENCE_LOCK locked, then azd provision. Until then nothing is sealed.'
  return warn(place, { code: 'evidence_not_locked', detail: 'COUNTERSIGN_EVIDENCE_LOCK is unlocked', next })
}
