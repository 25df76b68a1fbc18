import type { PeriodFacts } from './period-facts.ts'
import type { Finding } from './verify-findings.ts'

/**
 * A finding for each call that its person disowned in the period (event `suspension`, step `not-me`), at the row of the
 * call. Said twice it is one finding; nobody but an auditor, by a disposition, explains it.
 */
export function findDisowned(period: PeriodFacts | null): Finding[] {
  const disowned = period?.events.filter(({ kind, detail }) => kind === 'suspension' && detail.step === 'not-me') ?? []
  return disowned.map(({ detail: { lane, seq, decisionId, person, agent } }) => {
    const detail = `person ${person} says that decision ${decisionId}, made by agent ${agent}, was not theirs`
    return { kind: 'disowned_call', lane: String(lane), seq: Number(seq), detail }
  })
}
