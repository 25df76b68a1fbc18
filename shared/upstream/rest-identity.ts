import type { IdentityProof } from '../audit/record.ts'
import type { IdentityProbe } from '../backend/define.ts'
import { Problem, type ProblemMembers } from '../errors/problem.ts'
import type { ExchangedToken, Principal } from '../identity/principal.ts'
import type { Json, UpstreamCall } from '../pipeline/ports.ts'
import { failWith } from './failure.ts'
import { valueAt } from './rest-drop.ts'

export type RequestProbe = Extract<IdentityProbe, { method: 'request' }>

/** Asks the backend who it sees: resolves with the probe's parsed answer, or throws as any call does. */
export type AskBackend = (path: string) => Promise<Json>

/** One place to remember proofs in; a proof belongs to the very token object that it was made with. */
export interface ProofMemory {
  readonly proofs: WeakMap<ExchangedToken, Map<string, { readonly proof: IdentityProof; readonly at: number }>>
  /** Epoch milliseconds. */
  readonly now: () => number
}

const reusableMs = 5 * 60_000

/**
 * Proves whom the backend sees. A read may reuse a proof of the same token for five minutes and, if the backend cannot
 * be asked, goes on with the token as its proof; anything else is proven anew each time and refused where that fails.
 * Throws Problem `identity_mismatch` where the backend saw somebody else.
 */
export async function proveIdentity(call: UpstreamCall, ask: AskBackend, memory: ProofMemory): Promise<IdentityProof> {
  assertOwnToken(call)
  const probe = call.invocation.backend.identityProbe
  if (probe === undefined) return tokenProof('exchange', memory.now())
  if (probe.method !== 'request')
    throw failWith({ code: 'identity_configuration', fate: 'not_called', why: 'probe_method' })
  const read = call.understood.effect === 'read'
  const known = read ? recall(call, memory) : null
  if (known !== null) return known
  const seen = await ask(probe.path).catch((error: unknown) => whenUnanswered(error, read))
  return judge({ seen, probe, read }, call, memory)
}

/** Refuses a token that was exchanged for another person, whatever the backend would say. */
export function assertOwnToken({ token, principal }: UpstreamCall): void {
  if (token.tid !== principal.tid || token.oid !== principal.oid)
    throw failWith({ code: 'identity_mismatch', fate: 'not_called', why: 'token_of_another_person' })
}

/** The proof that rests on the exchange alone. */
function tokenProof(method: string, now: number): IdentityProof {
  return { source: 'token', method, checkedAt: new Date(now).toISOString(), matches: null }
}

function judge(
  { seen, probe, read }: { seen: Json | null; probe: RequestProbe; read: boolean },
  call: UpstreamCall,
  memory: ProofMemory,
): IdentityProof {
  const matches = isSamePerson(seen, probe, call.principal)
  if (matches === null) {
    if (read) return tokenProof('exchange', memory.now())
    throw failWith({ code: 'backend_failed', fate: 'not_called', why: 'identity_unproven' })
  }
  const proof: IdentityProof = {
    source: 'backend',
    method: 'request',
    checkedAt: new Date(memory.now()).toISOString(),
    matches,
  }
  if (!matches) {
    const facts = { backendIds: {}, identity: proof }
    throw failWith({ code: 'identity_mismatch', fate: 'not_called', why: 'identity_mismatch', facts })
  }
  remember(proof, call, memory)
  return proof
}

/** A refused token or an abort ends the call as it would have; any other failure leaves the question open. */
function whenUnanswered(error: unknown, read: boolean): null {
  const code = error instanceof Problem ? error.code : null
  if (code === 'backend_rejected_token' || code === 'backend_timeout') {
    const { members, reason } = error as Problem
    throw failWith({ code, fate: 'not_called', why: `probe_${reason.replace(/^\w+:/, '')}`, members })
  }
  if (!read) throw failWith({ code: 'backend_failed', fate: 'not_called', why: 'identity_unproven', ...waitOf(error) })
  return null
}

/** A backend that is busy says so to the probe already. */
function waitOf(error: unknown): { readonly members?: ProblemMembers } {
  const after = error instanceof Problem ? error.members.retryAfter : undefined
  return after === undefined ? {} : { members: { retryAfter: after, next: { action: 'wait', after } } }
}

function isSamePerson(seen: Json | null, probe: RequestProbe, principal: Principal): boolean | null {
  const oid = textAt(seen, probe.oid)
  if (oid === null) return null
  const sameTenant = probe.tid === undefined || textAt(seen, probe.tid)?.toLowerCase() === principal.tid
  return oid.toLowerCase() === principal.oid && sameTenant
}

function textAt(value: Json | null, pointer: string): string | null {
  const found = valueAt(value, pointer)
  return typeof found === 'string' ? found : null
}

function recall({ token, invocation }: UpstreamCall, memory: ProofMemory): IdentityProof | null {
  const known = memory.proofs.get(token)?.get(invocation.backend.name)
  return known !== undefined && memory.now() - known.at < reusableMs ? known.proof : null
}

function remember(proof: IdentityProof, { token, invocation }: UpstreamCall, memory: ProofMemory): void {
  const known = memory.proofs.get(token) ?? new Map()
  memory.proofs.set(token, known.set(invocation.backend.name, { proof, at: memory.now() }))
}
