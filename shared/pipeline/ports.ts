import type { IntentReceipt } from '../audit/receipt.ts'
import type { IdentityProof, MaskedField } from '../audit/record.ts'
import type { Backend, Operation } from '../backend/define.ts'
import type { Effect } from '../backend/effect.ts'
import type { ExchangedToken, Principal } from '../identity/principal.ts'
import type { Statement } from '../sql/statement.ts'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

/** A request as plain values; header names are lower case, repeated values joined by a comma. */
export interface Inbound {
  readonly method: string
  readonly path: string
  readonly backend: string
  readonly operation: string
  readonly headers: Readonly<Record<string, string>>
  readonly query: string
  readonly body: Uint8Array
  /** Where it came from, for the brake before verification only; never stored. */
  readonly remoteAddress: string
  /** How the caller takes an answer that could flow: as our events (unless given), in OpenAI's own form, or whole. */
  readonly flow?: 'events' | 'openai' | 'whole'
}

/** An HTTP answer as plain values. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** What is sent in the place of the body as it comes, where the answer is a stream. */
  readonly stream?: AsyncIterable<Uint8Array>
}

/** An operation with parsed inputs. */
export interface Invocation {
  readonly backend: Backend
  readonly operationName: string
  readonly operation: Operation
  readonly inputs: Readonly<Record<string, Json>>
}

/** What this very call does. */
export interface Understood {
  readonly effect: Effect
  readonly understood: boolean
  readonly statement?: Statement
  readonly reads: readonly string[]
  readonly writes: readonly string[]
  readonly dangers: readonly string[]
  readonly statements: number
}

/** A member or column of the answer with the source that it came from, where the backend says so. */
export interface ResultColumn {
  readonly name: string
  /** `schema.table.column`, lower case, where the backend names one source; null for an expression. */
  readonly source: string | null
}

/** What a backend answered, before masking. */
export interface UpstreamAnswer {
  readonly data: Json
  /** For tabular answers: `data` is `{columns, rows}` with rows as arrays in this order. */
  readonly columns?: readonly ResultColumn[]
  readonly rows: number
  readonly bytes: number
  readonly truncated: boolean
  readonly backendIds: Readonly<Record<string, string>>
  readonly identity: IdentityProof
  /** What the backend says that the call took, where it says so. */
  readonly usage?: { readonly tokens?: number; readonly cost?: number }
  /** Members of our own making (`cursor`, `handle`, `status`), put beside the data once that is masked. */
  readonly ours?: Readonly<Record<string, string>>
}

/** An answer that comes in pieces, before masking: the backend has answered, and its first piece may be on the way. */
export interface UpstreamStream {
  /** Whose pieces they are: chunks of a chat completion, or events of a response (`type`). */
  readonly form: StreamForm
  /** Ends, or throws Problem as `Executor` says. */
  readonly pieces: AsyncIterable<Readonly<Record<string, Json>>>
  readonly backendIds: Readonly<Record<string, string>>
  readonly identity: IdentityProof
  /** What is known at its end, or where it was left: all but the data. */
  readonly totals: () => Omit<UpstreamAnswer, 'data' | 'columns' | 'identity'>
}

export type StreamForm = 'chat' | 'responses'

/** Everything an executor may know of one call. */
export interface UpstreamCall {
  readonly invocation: Invocation
  readonly understood: Understood
  readonly principal: Principal
  /** Proof that the intent row permits it; an executor cannot be called without. */
  readonly intent: IntentReceipt<true>
  readonly token: ExchangedToken
  readonly traceparent: string
  /** The same for the caller's own repeat of this very call, and for no other. */
  readonly idempotencyKey: string
  /** The `Operation-Handle` of work that an earlier call began: it is asked after, and not begun again. */
  readonly handle?: string
  /** Most rows to return; the answer says where more were there. */
  readonly rowLimit: number
  readonly signal: AbortSignal
}

/**
 * Calls one backend as the person. Throws Problem for a refusal (`backend_rejected`, `backend_rejected_token` with the
 * backend's claims challenge in `members.claims`, `backend_failed`, `backend_timeout`, `identity_mismatch`);
 * `Problem.reason` starts with `not_called:` where the backend certainly did nothing, with `unknown:` where nobody can say.
 */
export interface Executor {
  readonly call: (call: UpstreamCall) => Promise<UpstreamAnswer>
  /** The same for an answer that flows, where the technology has such; `isFlowing` says whether these inputs ask for one. */
  readonly open?: (call: UpstreamCall) => Promise<UpstreamStream>
  readonly isFlowing?: (invocation: Invocation) => boolean
  readonly close: () => Promise<void>
}

/** What masking did. */
export interface Masked {
  readonly data: Json
  readonly masked: readonly MaskedField[]
  readonly labels: readonly string[]
  /** How many places of its texts were made harmless (control characters, links that fetch, and the like). */
  readonly neutralised?: number
}
