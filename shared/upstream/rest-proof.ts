import type { IdentityProof } from '../audit/record.ts'
import { Problem } from '../errors/problem.ts'
import { parsePointer } from '../masking/pointer.ts'
import type { Json } from '../pipeline/ports.ts'
import { failWith } from './failure.ts'
import { valueAt } from './rest-drop.ts'
import { buildRequest, type RestRequest } from './rest-request.ts'
import type { Answered, Visit } from './rest-visit.ts'

/** Makes one read as the person and gives what it answers as JSON; throws as any call does. */
export type Inquire = (request: RestRequest) => Promise<Json>

/**
 * Asks whose the work is that a call joins, where its operation says how; null where it does not. Throws Problem
 * `identity_mismatch` where that is anybody but the person, or where the backend does not say.
 */
export async function proveWork(visit: Visit, inquire: Inquire): Promise<IdentityProof | null> {
  const { proves } = visit.call.invocation.operation
  if (proves?.path === undefined) return null
  const { path, query = {} } = proves
  const template = { technology: 'rest', method: 'GET', path, fixedQuery: query } as const
  const seen = await inquire(buildRequest(visit.base, template, visit.inputs)).catch((error: unknown) => {
    throw notCalled(error)
  })
  const proof = proofOf(valueAt(seen, proves.oid), visit)
  if (proof.matches !== true) throw mismatch(proof, 'not_called')
  return proof
}

/**
 * Judges an answer by what its operation declares: Problem `identity_mismatch` where it names somebody else as the one
 * whose work it is, `backend_rejected` (422) where it says of a good status that it failed. Gives the proof that it
 * holds, if any.
 */
export function judgeAnswer({ data, backendIds }: Answered, visit: Visit): IdentityProof | null {
  const { proves, fails = {} } = visit.call.invocation.operation
  const named = proves === undefined || proves.path !== undefined ? undefined : valueAt(data, proves.oid)
  const proof = named === undefined || named === null ? null : proofOf(named, visit)
  if (proof?.matches === false) throw mismatch(proof, 'called', backendIds)
  const failed = Object.entries(fails).some(([pointer, values]) => saysSo(data, pointer, values))
  if (!failed) return proof
  const facts = { backendIds, ...(proof === null ? {} : { identity: proof }) }
  throw failWith({ code: 'backend_rejected', fate: 'called', why: 'work_failed', members: { status: 422 }, facts })
}

function saysSo(data: Json, pointer: string, values: readonly string[]): boolean {
  return valuesAt(data, parsePointer(pointer)).some((value) =>
    values.length === 0 ? value !== null : values.includes(String(value)),
  )
}

function valuesAt(value: Json, [token, ...rest]: readonly string[]): readonly Json[] {
  if (token === undefined) return [value]
  if (value === null || typeof value !== 'object') return []
  const members = Object.entries(value).filter(([name]) => token === '*' || token === name)
  return members.flatMap(([, member]) => valuesAt(member as Json, rest))
}

function proofOf(named: Json | undefined, { call, now }: Visit): IdentityProof {
  const matches = typeof named === 'string' && named.toLowerCase() === call.principal.oid
  return { source: 'backend', method: 'submitter', checkedAt: new Date(now()).toISOString(), matches }
}

function mismatch(
  identity: IdentityProof,
  fate: 'not_called' | 'called',
  backendIds: Answered['backendIds'] = {},
): Problem {
  return failWith({ code: 'identity_mismatch', fate, why: 'submitter', facts: { backendIds, identity } })
}

/** The work itself was not touched when the question about it failed. */
function notCalled(error: unknown): unknown {
  if (!(error instanceof Problem)) return error
  const { code, members, reason } = error
  return failWith({ code, fate: 'not_called', why: `probe_${reason.replace(/^\w+:/, '')}`, members })
}
