/** A call that is with its backend. */
export interface CallInFlight {
  readonly decisionId: string
  readonly tid: string
  readonly oid: string
  readonly actor: string
  readonly backend: string
  readonly operation: string
  /** Epoch milliseconds. */
  readonly since: number
}

/** What one instance has asked of backends and has no answer to yet. */
export interface InFlight {
  readonly begin: (call: CallInFlight) => void
  readonly end: (decisionId: string) => void
  readonly of: (who: Pick<CallInFlight, 'tid' | 'oid' | 'actor'>) => readonly CallInFlight[]
}

export function createInFlight(): InFlight {
  const calls = new Map<string, CallInFlight>()
  return {
    begin: (call) => void calls.set(call.decisionId, call),
    end: (decisionId) => void calls.delete(decisionId),
    of: ({ tid, oid, actor }) =>
      [...calls.values()].filter((call) => call.tid === tid && call.oid === oid && call.actor === actor),
  }
}
