import { describe, expect, it } from 'vitest'
import { draftEvent, type RowDraft } from '../../../shared/audit/document.ts'
import { createOwed } from '../../../shared/audit/owed.ts'

const outcome: RowDraft = { kind: 'outcome', member: 'outcome', body: '{}', decisionId: 'd1' }

describe('outcome that the book is owed', () => {
  it('is appended once, and no other row is', () => {
    const appended: RowDraft[] = []
    const owed = createOwed((draft) => void appended.push(draft))
    owed.add(outcome)
    owed.add(draftEvent('heartbeat', {}))
    owed.pay()
    owed.pay()
    expect(appended).toEqual([outcome])
  })

  it('is given up where the store takes it never, so that other rows are not refused with it for ever', () => {
    let attempts = 0
    const owed = createOwed((draft) => {
      attempts += 1
      owed.add(draft)
    })
    owed.add(outcome)
    for (let turn = 0; turn < 100; turn++) owed.pay()
    expect(attempts).toBe(8)
  })
})
