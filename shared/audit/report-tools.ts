import type { PeriodFacts } from './period-facts.ts'
import type { Finding } from './verify-findings.ts'

/**
 * A finding for each backend whose server describes a pinned tool in another way than it was pinned, at the first call that
 * was refused for it in the period. The call was not made; what the server wants with the change, nobody here knows.
 */
export function findChangedTools(period: PeriodFacts | null): Finding[] {
  return (period?.changedTools ?? []).map(({ backend, calls, lane, seq }) => {
    const detail = `backend ${backend}: ${calls} ${calls === 1 ? 'call' : 'calls'} of a pinned tool refused`
    return { kind: 'tool_changed', lane, seq, detail }
  })
}
