import { Problem } from '../errors/problem.ts'
import { nothingUsed, type Used } from '../quota/quota.ts'
import type { Deployment, Ports } from './line.ts'
import type { UpstreamAnswer } from './ports.ts'
import type { Admission, Decided, Refused } from './stages.ts'

/** Room for the call under every quota. Throws Problem `quota_exceeded`, or `policy_unavailable` where it cannot be told. */
export async function holdQuota(
  stage: Decided,
  ports: Pick<Ports, 'quotas'>,
  deployment: Pick<Deployment, 'rowLimit'>,
): Promise<Pick<Admission, 'quotas' | 'hold'>> {
  const { obligations } = stage.decision
  const demanded = obligations.flatMap((each) => (each.kind === 'quota' ? [each.meter] : []))
  const unknown = demanded.find((name) => !ports.quotas.has(name))
  if (unknown !== undefined) throw notConfigured()
  const { tid, oid, actor } = stage.principal
  const limits = obligations.flatMap((each) => (each.kind === 'row_limit' ? [each.max] : []))
  const rowLimit = Math.min(deployment.rowLimit, ...limits)
  const answer = await ports.quotas.reserve({
    ...{ tid, oid, actor, demanded, rowLimit },
    backend: stage.invocation.backend.name,
  })
  if (answer.granted) return { quotas: answer.hold.rules, hold: answer.hold }
  throw usedUp(answer.rule, answer.retryAfter)
}

/** What the call took counts from now on, and the rest can be had by others. A call of unknown fate took what it held. */
export function settleQuota(
  { admission }: Pick<Refused, 'admission'>,
  made: { readonly status: 'not-called' | 'called' | 'unknown'; readonly answer?: UpstreamAnswer | undefined },
  { quotas }: Pick<Ports, 'quotas'>,
): void {
  if (admission?.hold === undefined || made.status === 'unknown') return
  quotas.settle(admission.hold, made.status === 'not-called' ? nothingUsed : usedBy(made.answer))
}

/** A call without an answer to show brought nothing back that counts. */
function usedBy(answer: UpstreamAnswer | undefined): Used {
  if (answer === undefined) return { ...nothingUsed, calls: 1 }
  return { calls: 1, rows: answer.rows, bytes: answer.bytes, ...answer.usage }
}

function usedUp(rule: string, retryAfter: number): Problem {
  return new Problem('quota_exceeded', 'This quota is used up until it starts anew.', {
    reasons: [rule],
    retryAfter,
    next: { action: 'wait', after: retryAfter },
  })
}

/** A policy that demands a limit which nobody has set: what it is to be is unknown, so nothing passes. */
function notConfigured(): Problem {
  const detail = 'Policy asks for a quota that is not set here.'
  return new Problem('policy_unavailable', detail, { retryAfter: 60, reason: 'quota_not_configured' })
}
