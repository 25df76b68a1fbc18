import { createHash } from 'node:crypto'
import type { Resolved } from './stages.ts'

/**
 * What the backend is given to recognise a repeat: the decision's own id, or where the caller sent an Idempotency-Key a
 * digest of it with everything that makes it theirs. So nobody can meet somebody else's key, and the caller's text
 * reaches no backend.
 */
export function idempotencyKeyOf({ inbound, principal, invocation, decisionId }: Resolved): string {
  const given = inbound.headers['idempotency-key']
  if (given === undefined || given === '') return decisionId
  const { tid, oid, actor } = principal
  const owner = [tid, oid, actor, invocation.backend.name, invocation.operationName, given]
  return createHash('sha256').update(JSON.stringify(owner)).digest('hex').slice(0, 32)
}
