import { createHash } from 'node:crypto'
import type { IdentityProof } from '../audit/record.ts'
import { Problem } from '../errors/problem.ts'
import { failWith } from './failure.ts'
import type { Proofs, Whoami } from './warehouse-driver.ts'
import { gatherRows, type Run, runStatement } from './warehouse-run.ts'

const reusableMs = 5 * 60_000

/**
 * Proves whom the warehouse sees, by a statement of ours with the call's own token. A read may reuse a proof of the same
 * token for five minutes and, if nobody answers, goes on with the token as its proof; anything else is proven anew each
 * time and refused where that fails. Throws Problem `identity_mismatch` where the warehouse saw somebody else.
 */
export async function provePerson(run: Run, proofs: Proofs): Promise<IdentityProof> {
  const { driver, visit, effect, times } = run
  const { token, invocation } = visit.call
  const whoami = driver.whoami?.applies(visit.settings) ? driver.whoami : null
  if (whoami === null) return tokenProof(times.clock())
  const backend = invocation.backend.name
  const read = effect === 'read'
  const known = proofs.get(token)?.get(backend)
  if (read && known !== undefined && times.clock() - known < reusableMs) return proofAt(known, true)
  const matches = await ask(whoami, run).catch((error: unknown) => whenUnanswered(error, read))
  if (matches === null && !read)
    throw failWith({ code: 'backend_failed', fate: 'not_called', why: 'identity_unproven' })
  if (matches === null) return tokenProof(times.clock())
  const proof = proofAt(times.clock(), matches)
  if (!matches) {
    const facts = { backendIds: {}, identity: proof }
    throw failWith({ code: 'identity_mismatch', fate: 'not_called', why: 'identity_mismatch', facts })
  }
  const mine = proofs.get(token) ?? new Map<string, number>()
  proofs.set(token, mine.set(backend, times.clock()))
  return proof
}

async function ask({ text, isPerson }: Whoami, run: Run): Promise<boolean | null> {
  const { visit } = run
  const own: Run = { ...run, effect: 'read', pendingAt: null }
  const key = keyOf(run)
  const standing = await runStatement({ text, parameters: undefined, key, plan: false, rows: 1 }, own)
  if (standing.state !== 'done') return null
  const seen = (await gatherRows(standing, 1, own)).rows[0]?.[0]
  return typeof seen === 'string' ? isPerson(seen, visit.call.principal, visit.settings) : null
}

/** A question of its own each time, so that no warehouse answers it with what it said to another token. */
function keyOf({ visit, times }: Run): string {
  const { token, intent } = visit.call
  const parts = JSON.stringify([token.value, intent.decisionId, times.clock()])
  const digest = createHash('sha256').update(parts).digest('hex')
  return digest.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5')
}

/** A refused token or a time that is up ends the call as it would have; any other failure leaves the question open. */
function whenUnanswered(error: unknown, read: boolean): null {
  if (!(error instanceof Problem)) throw error
  const ends = error.code === 'backend_rejected_token' || error.code === 'backend_timeout'
  const { code, members, reason } = error
  if (ends) throw failWith({ code, fate: 'not_called', why: `probe_${reason.replace(/^\w+:/, '')}`, members })
  if (!read) throw failWith({ code: 'backend_failed', fate: 'not_called', why: 'identity_unproven' })
  return null
}

function proofAt(at: number, matches: boolean): IdentityProof {
  return { source: 'backend', method: 'statement', checkedAt: new Date(at).toISOString(), matches }
}

function tokenProof(at: number): IdentityProof {
  return { source: 'token', method: 'exchange', checkedAt: new Date(at).toISOString(), matches: null }
}
