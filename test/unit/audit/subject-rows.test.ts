import { describe, expect, it } from 'vitest'
import type { RowDocument } from '../../../shared/audit/record.ts'
import { traceRow } from '../../../shared/audit/subject-rows.ts'

const id = `apr_${'0a'.repeat(16)}`

/** An intent as far as traces look at it. */
function intentWith(approval: string): RowDocument {
  const principal = { tid: 't', oid: 'alice' }
  return { kind: 'intent', intent: { principal, approval: { id: approval }, personal: {}, obligations: [] } } as never
}

describe('traces of an intent', () => {
  it.each([id, `${id}-2`, `${id}.u1`, `${id}-2.u17`])('lead from %s to the row of its approval', (used) => {
    const rowKey = used.replace(/\.u.*$/, '')
    expect(traceRow(intentWith(used)).approvals).toEqual([{ partitionKey: 't', rowKey }])
  })
})
