import type { Backend, Operation } from '../../../shared/backend/define.ts'
import { inputSchema } from '../../../shared/openapi/schema.ts'
import { type Finding, type FindingCode, find } from './finding.ts'

/** What the gateway answered a governed call. */
export interface CallAnswer {
  readonly status: number
  readonly body: {
    readonly code?: string
    readonly meta?: { readonly identity?: { readonly source?: string; readonly matches?: boolean | null } }
  }
}

/** Calls an operation through the gateway as the person who signed in. */
export type CallGateway = (backend: string, operation: string, inputs: object) => Promise<CallAnswer>

const codes: Readonly<Record<string, FindingCode>> = {
  policy_denied: 'not_tried_policy',
  access_denied: 'not_tried_policy',
  approval_pending: 'not_tried_policy',
  consent_required: 'consent_missing',
  claims_challenge: 'exchange_refused',
  identity_configuration: 'exchange_refused',
  exchange_unavailable: 'exchange_refused',
  audit_unavailable: 'book_unavailable',
  identity_mismatch: 'wrong_person',
  backend_rejected_token: 'backend_refused',
  backend_rejected: 'backend_refused',
}

/** Makes one small governed call, which exchanges a real token, and says whom the backend saw. */
export async function checkCall(backend: Backend, call: CallGateway): Promise<readonly Finding[]> {
  const chosen = chooseCall(backend)
  if (chosen === null)
    return [find(backend.name, 'exchange', { code: 'not_tried_no_call', detail: 'no call without inputs' })]
  const answer = await call(backend.name, chosen.name, chosen.inputs).catch(() => null)
  if (answer === null)
    return [find(backend.name, 'exchange', { code: 'backend_unreachable', detail: 'the gateway did not answer' })]
  const { status, body } = answer
  if (status !== 200) return [failed(backend.name, chosen.name, body.code ?? `status ${status}`)]
  const { source, matches } = body.meta?.identity ?? {}
  const detail = source === 'backend' ? 'the backend says so itself' : 'by the token alone: this backend does not say'
  const code = matches === false ? 'wrong_person' : 'ok'
  return [
    find(backend.name, 'exchange', { code: 'ok', detail: `${chosen.name} answered` }),
    find(backend.name, 'identity', { code, detail }),
  ]
}

function failed(backend: string, operation: string, problem: string): Finding {
  const code = codes[problem] ?? 'backend_unreachable'
  return find(backend, code === 'wrong_person' ? 'identity' : 'exchange', { code, detail: `${operation}: ${problem}` })
}

/** A read that needs no inputs, the one that asks who one is first; or the smallest statement. */
function chooseCall({ operations }: Backend): { readonly name: string; readonly inputs: object } | null {
  const reads = Object.entries(operations).filter(([, operation]) => isPlainRead(operation))
  const free = reads.filter(([, operation]) => requiredOf(operation).length === 0).map(([name]) => name)
  const own = free.find((name) => /^(?:whoami|me|currentUser|getCurrentUser)$/i.test(name)) ?? free[0]
  if (own !== undefined) return { name: own, inputs: {} }
  const asking = reads.find(([, { statement, ...operation }]) => {
    const isSql = statement !== undefined && !['kql', 'dax', 'mongo', 'cosmos'].includes(statement.dialect)
    return isSql && statement.explained !== true && requiredOf(operation).every((input) => input === statement.input)
  })
  return asking?.[1].statement === undefined
    ? null
    : { name: asking[0], inputs: { [asking[1].statement.input]: 'SELECT 1' } }
}

function isPlainRead({ effect, unsupported, runsAs }: Operation): boolean {
  return effect === 'read' && unsupported === undefined && (runsAs ?? 'person') === 'person'
}

function requiredOf(operation: Operation): readonly string[] {
  const { required } = inputSchema(operation, 'draft-2020-12') as { readonly required?: readonly string[] }
  return required ?? []
}
