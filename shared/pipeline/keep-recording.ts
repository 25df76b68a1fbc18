import { Problem } from '../errors/problem.ts'
import type { Ports } from './line.ts'
import { type Failed, isRefused, type MaskedCall, type Recorded } from './stages.ts'

/** A call as it goes into the book, with the digest of its recording where policy asked for one. */
export interface Kept {
  readonly call: MaskedCall | Failed | Recorded
  /** SHA-256 (hex) of what is kept. */
  readonly recording?: string
}

/**
 * Keeps inputs and masked answer before the outcome is written, where an obligation says so. What cannot be kept was
 * called nevertheless, and its answer stays here: the caller gets `audit_unavailable`, and the row says `called`.
 */
export async function keepRecording(call: MaskedCall | Failed | Recorded, ports: Ports): Promise<Kept> {
  if (isRefused(call) || !call.decision.obligations.some(({ kind }) => kind === 'record')) return { call }
  try {
    const { tid, oid } = call.principal
    const content = Buffer.from(JSON.stringify(describeCall(call)), 'utf8')
    return {
      call,
      recording: await ports.recordings.keep({ decisionId: call.decisionId, person: { tid, oid }, content }),
    }
  } catch (cause) {
    const problem = new Problem('audit_unavailable', 'The call was made, and could not be recorded.', {
      retryAfter: 5,
      reason: cause instanceof Problem ? cause.reason : 'recording',
      cause,
    })
    return { call: { ...call, problem, fate: 'called', facts: call.answer } }
  }
}

function describeCall({ invocation, result }: MaskedCall) {
  const { backend, operationName, inputs } = invocation
  return { v: 1, backend: backend.name, operation: operationName, inputs, data: result.data, masked: result.masked }
}
