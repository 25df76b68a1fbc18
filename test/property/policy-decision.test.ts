import { beforeAll, describe, expect, it } from 'vitest'
import { completeSketch, type Sketch } from '../../infra/policy/sketch.ts'
import { effects } from '../../shared/backend/effect.ts'
import { loadPolicy } from '../../shared/policy/cedar.ts'
import type { Decision, PolicyRequest } from '../../shared/policy/decision.ts'
import type { PolicyOptions } from '../../shared/policy/loader.ts'
import type { Policy } from '../../shared/policy/policy.ts'
import { fc } from '../support/property.ts'
import { shippedOptions } from '../unit/policy/fixtures.ts'

let options: PolicyOptions
let policy: Policy
let reduced: readonly Policy[]
let tightened: Policy

beforeAll(async () => {
  options = await shippedOptions()
  policy = await loadPolicy(options)
  const texts = options.policies.join('\n')
  const permits = policy.rules.filter((rule) => rule.effect === 'permit')
  reduced = await Promise.all(permits.map(({ id }) => loadPolicy({ ...options, policies: [without(texts, id)] })))
  const extra =
    '@id("extra") @title("T") @mask("pii=drop") forbid (principal, action in Countersign::Action::"call", resource) unless { context.fulfilled.contains("mask:pii=drop") };'
  tightened = await loadPolicy({ ...options, policies: [...options.policies, extra] })
})

const tables = ['sales.orders', 'sales.customers', 'hr.employees', 'access.grants', 'pg_catalog.pg_class', 'orders']
const labels = ['pii.contact', 'pii.birth', 'pii.compensation', 'pii.national_id', 'pii']

const request: fc.Arbitrary<PolicyRequest> = fc
  .record({
    who: fc.constantFrom('alice', 'bob', 'carol', 'erin', 'heidi', 'mallory', 'robot', 'scout', 'sidekick'),
    backend: fc.constantFrom('azure-postgresql', 'rest-entra-api'),
    operation: fc.constantFrom('executeQuery', 'listTables', 'explainQuery', 'deleteOrder'),
    effect: fc.constantFrom(...effects),
    declaredEffect: fc.constantFrom(...effects),
    runsAs: fc.constantFrom('person' as const, 'person' as const, 'other' as const),
    reads: fc.subarray(tables),
    writes: fc.subarray(tables, { maxLength: 2 }),
    labels: fc.subarray(labels),
    principal: fc.record({ publicClient: fc.boolean(), authContexts: fc.subarray(['c1', 'c2']) }),
    context: fc.record({
      understood: fc.boolean(),
      tainted: fc.boolean(),
      statements: fc.nat(2),
      dangers: fc.subarray(['file_access']),
      approvals: fc.subarray(['delete-four-eyes', 'taint-four-eyes']),
    }),
  })
  .map((sketch: Sketch) => completeSketch(sketch))

/** Harmless calls by people who may do something, so that about half of them are permitted. */
const ordinary: fc.Arbitrary<PolicyRequest> = fc
  .record({
    who: fc.constantFrom('alice', 'bob', 'heidi', 'scout'),
    backend: fc.constantFrom('azure-postgresql', 'rest-entra-api'),
    operation: fc.constantFrom('executeQuery', 'listTables'),
    effect: fc.constantFrom('read' as const, 'read' as const, 'write' as const, 'delete' as const),
    reads: fc.subarray(['sales.orders', 'sales.customers', 'hr.employees']),
    writes: fc.constant<string[]>([]),
    labels: fc.subarray(labels),
    context: fc.record({ tainted: fc.boolean() }),
  })
  .map(({ effect, ...sketch }) =>
    completeSketch({ ...sketch, effect, writes: effect === 'read' ? [] : ['sales.orders'] }),
  )

describe('a policy decision', () => {
  it('is the same whatever the order of groups, roles, objects, labels, dangers and policies', async () => {
    const other = await loadPolicy({ ...options, policies: [...options.policies].reverse() })
    fc.assert(
      fc.property(fc.oneof(request, ordinary), fc.infiniteStream(fc.nat()), (one, seeds) => {
        expect(other.decide(shuffle(one, seeds))).toEqual(policy.decide(one))
      }),
      { numRuns: 200 },
    )
  })

  it('is a denial wherever one of several objects alone is denied', () => {
    fc.assert(
      fc.property(ordinary, (one) => {
        const alone = one.resource.reads.map((name) => policy.decide(touching(one, [name])).verdict)
        if (alone.includes('deny')) expect(policy.decide(one).verdict).toBe('deny')
      }),
      { numRuns: 100 },
    )
  })

  it('never loses a mask or a demand when a grant is deleted', () => {
    let permitted = 0
    fc.assert(
      fc.property(ordinary, fc.nat(), (one, index) => {
        const poorer = reduced[index % reduced.length]?.decide(one)
        if (poorer?.verdict !== 'permit') return
        permitted += 1
        expectNoLooser(poorer, policy.decide(one))
      }),
      { numRuns: 200 },
    )
    expect(permitted).toBeGreaterThan(20)
  })

  it('never permits more when an obligation is added', () => {
    fc.assert(
      fc.property(ordinary, (one) => {
        const [before, after] = [policy.decide(one), tightened.decide(one)]
        expect(after.verdict).toBe(before.verdict)
        expect(after.obligations).toEqual(expect.arrayContaining([...before.obligations]))
        if (after.verdict === 'permit')
          expect(after.obligations).toContainEqual({ kind: 'mask', label: 'pii', strategy: 'drop' })
      }),
      { numRuns: 100 },
    )
  })

  it('takes a bounded time', () => {
    const one = completeSketch({
      who: 'alice',
      backend: 'azure-postgresql',
      operation: 'executeQuery',
      effect: 'read',
      reads: ['sales.orders'],
    })
    const times = Array.from({ length: 300 }, () => {
      const start = performance.now()
      policy.decide(one)
      return performance.now() - start
    }).sort((a, b) => a - b)
    const p50 = times[150] ?? Number.POSITIVE_INFINITY
    process.stdout.write(`one object, ${policy.rules.length} policies: p50 ${p50.toFixed(2)} ms a decision\n`)
    expect(p50).toBeLessThan(100)
  })
})

function expectNoLooser(poorer: Decision, richer: Decision): void {
  expect(richer.verdict).toBe('permit')
  expect(poorer.obligations).toEqual(richer.obligations)
  expect(richer.clearLabels).toEqual(expect.arrayContaining([...poorer.clearLabels]))
}

function touching(one: PolicyRequest, reads: readonly string[]): PolicyRequest {
  return { ...one, action: 'read', resource: { ...one.resource, reads, writes: [] } }
}

function shuffle(one: PolicyRequest, seeds: Iterable<number>): PolicyRequest {
  const next = seeds[Symbol.iterator]()
  const mix = <T>(values: readonly T[]): T[] =>
    values
      .map((value) => ({ value, key: next.next().value as number }))
      .sort((a, b) => a.key - b.key)
      .map(({ value }) => value)
  const { principal, resource, context } = one
  return {
    ...one,
    principal: { ...principal, groups: mix([...principal.groups, 'unknown']), roles: mix(principal.roles) },
    resource: { ...resource, reads: mix(resource.reads), writes: mix(resource.writes), labels: mix(resource.labels) },
    context: { ...context, dangers: mix(context.dangers), approvals: mix(context.approvals) },
  }
}

function without(text: string, id: string): string {
  const start = text.indexOf(`@id("${id}")`)
  return text.slice(0, start) + text.slice(text.indexOf(';', start) + 1)
}
