import * as z from 'zod'
import type { IntentReceipt } from '../../../shared/audit/receipt.ts'
import { type Backend, defineBackend, type Operation } from '../../../shared/backend/define.ts'
import type { Effect } from '../../../shared/backend/effect.ts'
import { Problem } from '../../../shared/errors/problem.ts'
import type { ExchangedToken, Principal } from '../../../shared/identity/principal.ts'
import type { Json, UpstreamAnswer, UpstreamCall } from '../../../shared/pipeline/ports.ts'
import type { Statement } from '../../../shared/sql/statement.ts'

export const decisionId = '0190b5a4-7c1e-7d3a-9a55-3f1f6f0f1c11'
export const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
export const tid = '11111111-1111-4111-8111-111111111111'
export const oid = 'a0000000-0000-4000-8000-000000000001'

export const principal: Principal = {
  kind: 'person',
  tid,
  oid,
  actor: 'c0000000-0000-4000-8000-000000000001',
  publicClient: false,
  guest: false,
  scopes: ['access_as_user'],
  roles: [],
  groups: [],
  authContexts: [],
  canAnswerChallenge: true,
  tokenId: 'uti',
  issuedAt: 0,
  expiresAt: 2 ** 31,
  username: 'alice@countersign.example',
}

const intent = { decisionId, lane: 'a', segment: 0, seq: 1, mac: '' } as unknown as IntentReceipt<true>

export function makeToken(value: string, owner: { tid: string; oid: string } = principal): ExchangedToken {
  const { tid: tenant, oid: object } = owner
  return { value, tid: tenant, oid: object, scope: 's', expiresAt: 2 ** 42 } as unknown as ExchangedToken
}

export function judged(text: string, more: Partial<Statement> = {}): Statement {
  const base = {
    effect: 'read',
    safeRead: true,
    statements: 1,
    reads: [],
    writes: [],
    dangers: [],
    outputs: null,
  } as const
  return { ...base, text, ...more }
}

export interface CallParts {
  readonly operation: Operation
  readonly backend?: Partial<Backend>
  readonly inputs?: Readonly<Record<string, Json>>
  readonly effect?: Effect
  readonly statement?: Statement
  readonly principal?: Principal
  readonly token?: ExchangedToken
  readonly rowLimit?: number
  readonly signal?: AbortSignal
}

export function makeCall(parts: CallParts): UpstreamCall {
  const { operation, statement } = parts
  const who = parts.principal ?? principal
  const effect = parts.effect ?? operation.effect
  const none = { public: [], usgov: [], china: [] }
  const backend = defineBackend({
    name: 'a-backend',
    title: 'A backend',
    scope: 'configured',
    hostSuffixes: none,
    operations: { operation },
    ...parts.backend,
  })
  return {
    invocation: { backend, operationName: 'operation', operation, inputs: parts.inputs ?? {} },
    understood: {
      effect,
      understood: true,
      reads: statement?.reads ?? [],
      writes: statement?.writes ?? [],
      dangers: [],
      statements: 1,
      ...(statement === undefined ? {} : { statement }),
    },
    principal: who,
    intent,
    token: parts.token ?? makeToken('exchanged-token', who),
    traceparent,
    idempotencyKey: decisionId,
    rowLimit: parts.rowLimit ?? 1000,
    signal: parts.signal ?? new AbortController().signal,
  }
}

/** A call of a declared operation under its own name. */
export function declaredCall(backend: Backend, name: string, parts: Omit<CallParts, 'operation'> = {}): UpstreamCall {
  const operation = backend.operations[name]
  if (operation === undefined) throw new Error(`${backend.name} declares no ${name}`)
  const inputs = parts.inputs ?? {}
  const call = makeCall({ ...parts, operation })
  return { ...call, invocation: { backend, operationName: name, operation, inputs } }
}

export function makeOperation(call: Operation['call'], effect: Effect = 'read'): Operation {
  return { summary: 'An operation', effect, inputs: () => z.strictObject({}), call }
}

/** The Problem that a call ends with; an answer is a failure of the test. */
export async function problemOf(answer: Promise<UpstreamAnswer>): Promise<Problem> {
  const error = await answer.then(
    () => new Error('there was an answer'),
    (reason: unknown) => reason,
  )
  if (error instanceof Problem) return error
  throw error
}
