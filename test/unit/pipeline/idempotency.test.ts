import { describe, expect, it } from 'vitest'
import { idempotencyKeyOf } from '../../../shared/pipeline/idempotency.ts'
import type { Resolved } from '../../../shared/pipeline/stages.ts'
import { alice } from '../../support/line-world.ts'

const decisionId = '7310a2f8-28bc-4037-b2a3-e5e81cdb58d4'

function keyOf(change: { key?: string; oid?: string; tid?: string; actor?: string; operation?: string } = {}) {
  const { key = 'order-17', operation = 'createOrder', ...who } = change
  const stage = {
    inbound: { headers: { 'idempotency-key': key } },
    principal: { ...alice, ...who },
    invocation: { backend: { name: 'rest-entra-api' }, operationName: operation },
    decisionId,
  }
  return idempotencyKeyOf(stage as unknown as Resolved)
}

describe('the key for a backend to recognise a repeat', () => {
  it("is the same for the caller's own repeat", () => expect(keyOf()).toBe(keyOf()))

  it('is the decision id where the caller sent none', () => expect(keyOf({ key: '' })).toBe(decisionId))

  it("does not carry the caller's text", () => expect(keyOf()).not.toContain('order-17'))

  it.each([
    ['another key', { key: 'order-18' }],
    ['another person', { oid: 'a0000000-0000-4000-8000-000000000002' }],
    ['another tenant', { tid: '22222222-2222-4222-8222-222222222222' }],
    ['another agent', { actor: 'c0000000-0000-4000-8000-000000000009' }],
    ['another operation', { operation: 'updateOrder' }],
  ])('differs for %s', (_name, change) => expect(keyOf(change)).not.toBe(keyOf()))
})
