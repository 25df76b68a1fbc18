import type { Claim } from '../approval/approval.ts'
import type { IntentReceipt, OutcomeReceipt } from '../audit/receipt.ts'
import type { OutcomeFacts } from '../audit/record.ts'
import type { Runner } from '../backend/runner.ts'
import type { Problem } from '../errors/problem.ts'
import type { Assertion, ExchangedToken, Principal } from '../identity/principal.ts'
import type { Decision, PolicyRequest } from '../policy/decision.ts'
import type { Policy } from '../policy/policy.ts'
import type { QuotaHold } from '../quota/quotas.ts'
import type { Inbound, Invocation, Masked, Understood, UpstreamAnswer } from './ports.ts'

/** What a call knows after `verify`: who asks, for what path, under which ids. */
export interface Verified {
  readonly inbound: Inbound
  readonly decisionId: string
  readonly traceId: string
  readonly traceparent: string
  readonly principal: Principal
  readonly assertion: Assertion
}

export interface Resolved extends Verified {
  readonly invocation: Invocation
}

export interface Classified extends Resolved {
  readonly understood: Understood
  /** The handle of earlier work that the call asks after, once it was opened. */
  readonly handle?: string
  readonly labels: readonly string[]
  readonly carried: readonly string[]
  readonly changes: readonly string[]
  /** Who it runs as, where a definition had to be read to know. */
  readonly runner?: Runner
}

export interface Decided extends Classified {
  /** The set that decides this call, to its end. */
  readonly policy: Policy
  readonly request: PolicyRequest
  readonly decision: Decision
  /** The approval that this very decision has claimed. */
  readonly claim?: Claim
  /** What was found and taken for it by `reserve`. */
  readonly admission?: Admission
}

/** Ids of suspensions that stop the call, names of the quotas that it counts under, and what it holds of them. */
export interface Admission {
  readonly suspensions: readonly string[]
  readonly quotas: readonly string[]
  readonly hold?: QuotaHold
}

/** A permitted call that this instance has room for. */
export interface Reserved extends Decided {
  readonly reserved: true
}

/** A reserved call whose approvals are there: it may be called. */
export interface Cleared extends Reserved {
  readonly cleared: true
  readonly rowLimit: number
}

/** A call that ends in a refusal. It keeps all that was known, since it is recorded like any other. */
export interface Refused extends Verified, Partial<Omit<Decided, keyof Verified>> {
  readonly problem: Problem
}

/** A durable intent: `true` permits the call, `false` only records the refusal. */
export interface Permitted extends Cleared {
  readonly intent: IntentReceipt<true>
  /** Of an answer that flows, once its release was tried. */
  readonly flow?: NonNullable<OutcomeFacts['flow']>
}

export interface Recorded extends Refused {
  readonly intent: IntentReceipt<false>
}

/** What became of a permitted call. */
export interface Called extends Permitted {
  readonly answer: UpstreamAnswer
}

export interface Failed extends Permitted {
  readonly problem: Problem
  readonly fate: OutcomeFacts['status']
  /** What the backend had said of itself by then. */
  readonly facts?: Partial<Pick<OutcomeFacts, 'backendIds' | 'identity'>>
  /** What had left by then of an answer that flows. */
  readonly shown?: Pick<OutcomeFacts, 'code' | 'rows' | 'bytes' | 'labels' | 'masked'>
}

export interface Exchanged extends Permitted {
  readonly token: ExchangedToken
}

declare const flowing: unique symbol

/** A call whose answer is to flow; said of it by `isFlowing` alone. */
export interface Flowing extends Exchanged {
  readonly [flowing]: true
}

export interface MaskedCall extends Called {
  readonly result: Masked
}

/** The end of the line; nothing is answered without a durable outcome row. */
export interface Answerable {
  readonly outcome: OutcomeReceipt
  readonly intent: IntentReceipt
  readonly call: MaskedCall | Failed | Recorded
}

/** True for the branch of the line that ends in a refusal or failure. */
export function isRefused<T extends object>(stage: T | Refused): stage is Refused
export function isRefused<T extends object>(stage: T | Failed): stage is Failed
export function isRefused(stage: object): boolean {
  return 'problem' in stage
}
