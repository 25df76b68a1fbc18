import { describe, expect, it } from 'vitest'
import { buildTree } from '../../shared/masking/pointer.ts'
import { makeReport } from '../../shared/masking/report.ts'
import { makeRulebook } from '../../shared/masking/rulebook.ts'
import { maskTree } from '../../shared/masking/tree-mask.ts'
import type { Json } from '../../shared/pipeline/ports.ts'

const labels = buildTree({ '/customer/email': 'pii.contact' })
const masked = (data: Json) =>
  maskTree({ data, labels, rulebook: makeRulebook([], []), tokens: () => String, report: makeReport() })

describe('an answer of another shape than declared', () => {
  const order = { id: 1, customer: { email: 'ann.berg@customer.example' } }

  it.each([
    ['a list instead of an object', [order]],
    ['a list of lists', [[order]]],
    ['a list within', { customer: [order.customer] }],
  ])('gives no labelled member away: %s', (_name, data) => {
    expect(JSON.stringify(masked(data as Json))).not.toContain('berg')
  })
})
