import type { Effect } from '../backend/effect.ts'
import type { Decision, Obligation, PolicyRequest } from './decision.ts'
import { isReasonCode, type ReasonChange, reasons } from './reasons.ts'

/** One thing that would let a call pass, or take it further. `of` names the reason or obligation that it answers. */
export interface Remedy {
  readonly change: ReasonChange | 'approval'
  readonly of: string
  readonly advice: string
}

/** What remedies look at. */
interface Asked {
  readonly action: Effect
  readonly resource: Pick<PolicyRequest['resource'], 'declaredEffect'>
}

/**
 * What would let a call pass: after a permit the approval and the sign-in that it still demands, after a denial one
 * remedy per reason. Empty where it passes as it is. All remedies together are needed, and none of them is a promise.
 */
export function wouldPassIf(decision: Decision, request: Asked): readonly Remedy[] {
  if (decision.verdict === 'permit') return decision.obligations.flatMap(demandOf)
  return decision.reasons.map((code) => {
    if (code === 'effect_exceeds_operation') return smallerEffect(request)
    if (!isReasonCode(code)) return { change: 'grant', of: code, advice: reasons.not_permitted.advice }
    return { change: reasons[code].change, of: code, advice: reasons[code].advice }
  })
}

function demandOf(one: Obligation): readonly Remedy[] {
  if (one.kind === 'approval') {
    const people = one.count === 1 ? 'one person' : `${one.count} people`
    const advice = `Have it approved by ${people} of ${one.group}, not by the requester.`
    return [{ change: 'approval', of: one.rule, advice }]
  }
  if (one.kind === 'step_up')
    return [{ change: 'sign_in', of: one.context, advice: `Sign in with authentication context ${one.context}.` }]
  return []
}

function smallerEffect({ action, resource }: Asked): Remedy {
  return {
    change: 'operation',
    of: 'effect_exceeds_operation',
    advice: `The operation is declared for ${resource.declaredEffect}: use one declared for ${action}, or do no more than ${resource.declaredEffect}.`,
  }
}
