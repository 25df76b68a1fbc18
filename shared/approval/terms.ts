/** A demand of a rule: so many members of the group that it names. */
export interface ApprovalNeed {
  readonly rule: string
  readonly group: string
  readonly count: number
  /** A group whose members may vote as well, once half of the time for a decision is over. */
  readonly escalate?: string
}

/** An approval of so many calls like the one that was asked for, within so many minutes of the last vote. */
export interface GrantTerms {
  readonly minutes: number
  readonly calls: number
}

export interface Justification {
  readonly text: string
  readonly salt: string
}

/** One person's vote; people by object id, within the approval's tenant. */
export interface Vote {
  readonly approve: boolean
  readonly voter: string
  /** Whose vote it is, where it was delegated to the voter. */
  readonly inSteadOf: string | null
  /** Keys of the circles that it may count for; it counts for one of them. */
  readonly circles: readonly string[]
  /** Epoch milliseconds. */
  readonly at: number
  /** Why; the chain holds a commitment of it under this salt (hex). */
  readonly justification: Justification
}

/** What a request says of its votes and their effect. */
export interface VotingTerms {
  readonly needs: readonly ApprovalNeed[]
  /** Milliseconds from the last vote in which one call may use it; a grant says its own minutes. */
  readonly useMs: number
  readonly grant: GrantTerms | null
}
