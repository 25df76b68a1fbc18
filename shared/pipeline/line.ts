import type { Approval, ApprovalStep, ApprovalStore, CallDescription } from '../approval/approval.ts'
import type { BreakGlass } from '../approval/break-glass.ts'
import type { ApprovalDesk } from '../approval/desk.ts'
import type { ApproverRules } from '../approval/vote.ts'
import type { Recorder } from '../audit/recorder.ts'
import type { AuditWriter } from '../audit/writer.ts'
import type { Understand } from '../backend/classify.ts'
import type { Backend } from '../backend/define.ts'
import type { ChallengeSettings } from '../identity/challenge.ts'
import type { ChallengeMemory } from '../identity/challenge-memory.ts'
import type { Assertion, ExchangedToken, Principal } from '../identity/principal.ts'
import type { TokenForm } from '../identity/token-cache.ts'
import type { LabelTree } from '../masking/labels.ts'
import type { TokenKey } from '../masking/strategies.ts'
import type { Notices } from '../notice/notice.ts'
import type { LocalTime } from '../policy/local-time.ts'
import type { Policy } from '../policy/policy.ts'
import type { CallRate } from '../quota/call-rate.ts'
import type { Quotas } from '../quota/quotas.ts'
import type { Suspensions } from '../suspension/suspensions.ts'
import type { Taints } from '../taint/taints.ts'
import type { InFlight } from '../usage/in-flight.ts'
import type { Usage } from '../usage/usage-counters.ts'
import type { Answer, Executor, Inbound, Invocation } from './ports.ts'
import type {
  Answerable,
  Called,
  Classified,
  Cleared,
  Decided,
  Exchanged,
  Failed,
  Flowing,
  MaskedCall,
  Permitted,
  Recorded,
  Refused,
  Reserved,
  Resolved,
  Verified,
} from './stages.ts'

/** The stages in order. Each passes a refusal through untouched, so that the line has no branches. */
export interface Line {
  readonly verify: (inbound: Inbound) => Promise<Verified>
  readonly resolve: (stage: Verified) => Resolved | Refused
  readonly classify: (stage: Resolved | Refused) => Promise<Classified | Refused>
  readonly decide: (stage: Classified | Refused) => Promise<Decided | Refused>
  readonly reserve: (stage: Decided | Refused) => Promise<Reserved | Refused>
  readonly approve: (stage: Reserved | Refused) => Promise<Cleared | Refused>
  readonly recordIntent: (stage: Cleared | Refused) => Promise<Permitted | Recorded>
  readonly exchange: (stage: Permitted | Recorded) => Promise<Exchanged | Failed | Recorded>
  readonly call: (stage: Exchanged | Failed | Recorded) => Promise<Called | Failed | Recorded>
  readonly mask: (stage: Called | Failed | Recorded) => MaskedCall | Failed | Recorded
  readonly recordOutcome: (stage: MaskedCall | Failed | Recorded) => Promise<Answerable>
  readonly respond: (stage: Answerable) => Answer
  /** Whether the answer of this call is to flow. */
  readonly isFlowing: (stage: Exchanged | Failed | Recorded) => stage is Flowing
  /** Calls, masks, records and answers a call whose answer flows. */
  readonly flow: (stage: Flowing) => Promise<Answer>
}

/** Constants of one deployment that rows and answers carry. */
export interface Deployment {
  readonly publicUrl: string
  readonly settingsDigest: string
  readonly buildDigest: string
  readonly rowLimit: number
  /** SHA-256 (hex) of each backend's declaration, and of its classification. */
  readonly declarationDigests: ReadonlyMap<string, string>
  readonly classificationDigests: ReadonlyMap<string, string>
  /** SHA-256 (hex) of where each backend is: an approval for one database is none for another of the same name. */
  readonly targetDigests: ReadonlyMap<string, string>
  readonly classifications: ReadonlyMap<string, Readonly<Record<string, string>>>
  /** What each label gets by default; absent: what is built in. */
  readonly labelTree?: LabelTree
  /** By `endpointKey`. */
  readonly scopes: ReadonlyMap<string, string>
  /** Secret of the keyed-token mask. */
  readonly maskKey: Pick<TokenKey, 'version' | 'secret'>
  readonly challenge: ChallengeSettings
  readonly approvers: ApproverRules
  /** True for a call that would reach something of Countersign's own; absent: none can. */
  readonly isOwn?: (invocation: Invocation) => boolean
}

export interface ExchangeRequest {
  readonly principal: Principal
  readonly assertion: Assertion
  readonly scope: string
  /** JSON text of a claims challenge to satisfy. */
  readonly claims?: string
  /** Something else than an access token. */
  readonly form?: TokenForm
  readonly correlationId: string
  readonly signal: AbortSignal
}

/** What the line needs from the world; only `app.ts` builds these. */
export interface Ports {
  readonly verify: (inbound: Inbound) => Promise<{ principal: Principal; assertion: Assertion }>
  /** The same for the routes that are no agent's: the token may have the scope `control` alone. */
  readonly verifyAny: Ports['verify']
  readonly configured: ReadonlyMap<string, Backend>
  readonly understand: Understand
  /** The set in force; a call keeps the one that it was first decided by. Throws Problem where there is none. */
  readonly policy: () => Policy
  readonly callRate: CallRate
  /** The same for what no backend hears of: denied calls, questions. */
  readonly askRate: CallRate
  readonly quotas: Quotas
  readonly suspensions: Suspensions
  readonly taints: Taints
  readonly usage: Usage
  /** Calls that this instance has with a backend now. */
  readonly inFlight: InFlight
  /** Step-ups that policy asked for, so that the same one is not asked for endlessly. */
  readonly stepUps: ChallengeMemory
  readonly audit: Pick<AuditWriter, 'recordPermitted' | 'recordRefused' | 'recordOutcome' | 'recordEvent'>
  readonly recordings: Recorder
  readonly approvals: ApprovalStore
  readonly breakGlass: BreakGlass
  readonly notices: Notices
  readonly approvalDesk: ApprovalDesk
  /** Asked once, when an approval is asked for; what it throws is told to the voter as "not bound", nothing more. */
  readonly describeCall?: (stage: Reserved) => Promise<CallDescription>
  /** Version of the object that a call refers to; part of what an approval binds, and so asked at every call of it. */
  readonly contentOf?: (stage: Reserved) => Promise<string>
  /** Hears of each change of an approval once it is durable; what it throws is logged and changes nothing. */
  readonly onApproval?: (approval: Approval, step: ApprovalStep) => Promise<void>
  readonly exchange: {
    readonly exchange: (request: ExchangeRequest) => Promise<ExchangedToken>
    readonly purge: (tid: string, oid: string) => void
  }
  /** Groups of a person whose token has too many to list, asked of the directory as that person. */
  readonly groupsOf: (request: Omit<ExchangeRequest, 'scope'>) => Promise<readonly string[]>
  /** Secret under which cursors and handles are sealed, the same for all instances. Rejects while it cannot be had. */
  readonly handleKey: () => Promise<Uint8Array>
  readonly executors: ReadonlyMap<string, Executor>
  readonly now: () => number
  /** Hour and weekday where the deployment is. */
  readonly localTime: (now: number) => LocalTime
  readonly newId: () => string
  readonly randomHex: (bytes: number) => string
  readonly deadlineMs: number
  /** Longest time for an answer that flows, in milliseconds; 200,000 unless given. */
  readonly flowMs?: number
  readonly log: (event: string, fields: Readonly<Record<string, string | number | boolean>>) => void
}
