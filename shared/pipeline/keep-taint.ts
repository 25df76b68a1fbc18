import { Problem } from '../errors/problem.ts'
import type { Ports } from './line.ts'
import { type Failed, isRefused, type MaskedCall, type Recorded } from './stages.ts'

/**
 * Marks whoever gets untrusted or personal content, before the outcome is written and so before the answer leaves. What
 * cannot be marked was called nevertheless, and its answer stays here: `policy_unavailable`, and the row says `called`.
 */
export async function keepTaint(
  call: MaskedCall | Failed | Recorded,
  ports: Pick<Ports, 'taints'>,
): Promise<MaskedCall | Failed | Recorded> {
  if (isRefused(call) || !taints(call)) return call
  const { tid, oid, actor } = call.principal
  try {
    await ports.taints.mark({ tid, oid, actor }, call.decisionId)
    return call
  } catch (cause) {
    const problem = new Problem('policy_unavailable', 'The call was made, and its answer cannot be shown now.', {
      retryAfter: 5,
      reason: cause instanceof Problem ? cause.reason : 'taint',
      cause,
    })
    return { ...call, problem, fate: 'called', facts: call.answer }
  }
}

function taints({ invocation, result }: MaskedCall): boolean {
  return invocation.operation.untrusted === true || result.labels.some(isPersonal)
}

function isPersonal(label: string): boolean {
  return label === 'pii' || label.startsWith('pii.')
}
