import { describe, expect, it } from 'vitest'
import { makeCleanser } from '../../shared/masking/cleanse.ts'
import { buildTree } from '../../shared/masking/pointer.ts'
import { makeReport } from '../../shared/masking/report.ts'
import { makeRulebook } from '../../shared/masking/rulebook.ts'
import { maskTree } from '../../shared/masking/tree-mask.ts'
import type { Json } from '../../shared/pipeline/ports.ts'

const labels = buildTree({ '/customer/email': 'pii.contact' })
const masked = (data: Json) => {
  const tools = { report: makeReport(), rulebook: makeRulebook([], []) }
  return maskTree({ ...tools, data, labels, tokens: () => String, cleanser: makeCleanser(tools) })
}

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
