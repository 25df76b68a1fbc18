import type { Delegations } from './delegations.ts'
import type { OpenRequests } from './open-requests.ts'
import type { SealKeys } from './seal.ts'

/** How long decisions and uses may take, in milliseconds. */
export interface ApprovalTimes {
  readonly decideMs: number
  readonly useMs: number
}

/** What approvals need besides their own table. */
export interface ApprovalDesk {
  readonly times: ApprovalTimes
  readonly openRequests: OpenRequests
  readonly delegations: Delegations
  /** Keys under which a voter's words are kept over a sign-in. */
  readonly keys: SealKeys
}
