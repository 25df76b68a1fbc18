import { compareEffects } from '../backend/effect.ts'
import type { UpstreamCall } from '../pipeline/ports.ts'
import { failWith } from './failure.ts'

/**
 * The text that was judged, and nothing else is ever sent. Throws Problem `internal` where nothing was judged, or where
 * it does more than the operation may: there is no read-only session that would stop it.
 */
export function judgedText({ understood, invocation }: UpstreamCall): string {
  const text = understood.statement?.text
  if (text === undefined || understood.statement?.refused !== undefined || !understood.understood)
    throw failWith({ code: 'internal', fate: 'not_called', why: 'nothing_judged' })
  if (compareEffects(understood.effect, invocation.operation.effect) > 0)
    throw failWith({ code: 'internal', fate: 'not_called', why: 'effect_exceeds_operation' })
  return text
}
