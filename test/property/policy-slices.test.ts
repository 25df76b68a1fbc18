import { beforeAll, describe, expect, it, vi } from 'vitest'
import { completeSketch, type Sketch } from '../../infra/policy/sketch.ts'
import { effects } from '../../shared/backend/effect.ts'
import { loadCedar, loadPolicy } from '../../shared/policy/cedar.ts'
import type { PolicyRequest } from '../../shared/policy/decision.ts'
import { decide } from '../../shared/policy/evaluate.ts'
import type { Answer, PolicyJson, PolicyLanguage, Question } from '../../shared/policy/language.ts'
import type { PolicyOptions } from '../../shared/policy/loader.ts'
import { createSlices } from '../../shared/policy/slices.ts'
import { fc } from '../support/property.ts'
import { shippedOptions } from '../unit/policy/fixtures.ts'

// Sets of policies are prepared by the hundred.
vi.setConfig({ testTimeout: 120_000 })

let language: PolicyLanguage
let options: PolicyOptions
beforeAll(async () => {
  language = await loadCedar()
  options = await shippedOptions()
})

const name = (type: string, id: string) => `Countersign::${type}::"${id}"`
const backends = ['b0', 'b1', 'b2', 'b3']
const objects = ['s', 's.t', 's.t.u', 'o']
const labels = ['pii', 'pii.contact', 'secret']
const operations = ['read', 'run']

const backend = fc.constantFrom(...backends)
const place = fc.oneof(
  backend.map((one) => name('Backend', one)),
  fc.tuple(backend, fc.constantFrom(...operations)).map(([one, op]) => name('Operation', `${one}/${op}`)),
  fc.tuple(backend, fc.constantFrom(...objects)).map(([one, object]) => name('Object', `${one}/${object}`)),
)
const operation = fc
  .tuple(backend, fc.constantFrom(...operations))
  .map(([one, op]) => name('Operation', `${one}/${op}`))

const principalHead = fc.constantFrom(
  'principal',
  'principal',
  'principal is Countersign::Guest',
  'principal is Countersign::Agent',
  `principal in ${name('Group', 'hr')}`,
)
const actionHead = fc.constantFrom(
  `action == ${name('Action', 'read')}`,
  `action in ${name('Action', 'call')}`,
  `action in ${name('Action', 'change')}`,
  `action in [${name('Action', 'read')}, ${name('Action', 'delete')}]`,
)
const resourceHead = fc.oneof(
  fc.constant('resource'),
  fc.constant('resource is Countersign::Object'),
  place.map((one) => `resource in ${one}`),
  operation.map((one) => `resource == ${one}`),
)
/** Some of them fail where they are looked at: products beyond what the language can count. */
const part = fc.oneof(
  fc.constantFrom(
    'principal.homeTenant',
    '!principal.guest',
    'context.tainted',
    'context.statements < 2',
    'context.hour > 12',
    'context.time > datetime("2026-01-01")',
    `principal in [${name('Group', 'hr')}, ${name('Group', 'sales-emea')}]`,
    'context.statements * 9007199254740991 * 9007199254740991 > 0',
    '(if context.tainted then context.statements * 9007199254740991 * 9007199254740991 > 0 else true)',
  ),
  operation.map((one) => `context.operation == ${one}`),
  fc.tuple(operation, operation).map(([a, b]) => `context.operation in [${a}, ${b}]`),
  fc.tuple(place, operation).map(([a, b]) => `(resource in ${a} || context.operation == ${b})`),
  operation.map((one) => `!(context.operation == ${one})`),
)
const condition = fc
  .tuple(fc.constantFrom('when', 'when', 'when', 'unless'), fc.array(part, { minLength: 1, maxLength: 3 }))
  .map(([kind, parts]) => `${kind} { ${parts.join(' && ')} }`)
const conditions = fc.array(condition, { maxLength: 2 }).map((all) => all.join(' '))

const call = fc
  .tuple(fc.constantFrom('permit', 'permit', 'forbid'), principalHead, actionHead, resourceHead, conditions)
  .map(([effect, who, action, what, when]) => `${effect} (${who}, ${action}, ${what}) ${when};`)
const sight = fc
  .tuple(fc.constantFrom('permit', 'forbid'), principalHead, fc.constantFrom(...labels), operation, fc.boolean())
  .map(
    ([effect, who, label, op, bound]) =>
      `${effect} (${who}, action == ${name('Action', 'see')}, resource in ${name('Label', label)})${bound ? ` when { context.operation == ${op} }` : ''};`,
  )
const demand = fc
  .tuple(resourceHead, fc.constantFrom('10', '20'))
  .map(
    ([what, most]) =>
      `@rowlimit("${most}") forbid (principal, action == ${name('Action', 'read')}, ${what}) unless { context.fulfilled.contains("rowlimit:${most}") };`,
  )
/** Of each set one looks at nothing else than what twins differ in. */
const looking = fc
  .constantFrom('hour > 12', 'time > datetime("2026-06-01T12:00:00Z")', 'statements == 1', 'tainted')
  .map((what) => `permit (principal, action in ${name('Action', 'call')}, resource) when { context.${what} };`)
const policies = fc
  .tuple(
    looking,
    fc.array(fc.oneof({ weight: 6, arbitrary: call }, { weight: 2, arbitrary: sight }, demand), {
      minLength: 12,
      maxLength: 40,
    }),
  )
  .map(([one, others]) => [one, ...others].map((text, at) => `@id("p-${at}") @title("T") ${text}`))

const request: fc.Arbitrary<PolicyRequest> = fc
  .record({
    who: fc.constantFrom('alice', 'heidi', 'erin', 'scout', 'mallory'),
    backend,
    operation: fc.constantFrom(...operations),
    effect: fc.constantFrom(...effects),
    declaredEffect: fc.constant('admin' as const),
    reads: fc.subarray([...objects, 'elsewhere.t']),
    writes: fc.subarray(objects, { maxLength: 1 }),
    labels: fc.subarray(labels),
    context: fc.record({
      tainted: fc.boolean(),
      statements: fc.nat(2),
      hour: fc.constantFrom(3, 15),
      time: fc.constantFrom('2025-06-01T00:00:00Z', '2026-06-01T00:00:00Z'),
    }),
  })
  .map((sketch: Sketch) => completeSketch(sketch))

describe('a slice', () => {
  it('answers like the whole set: verdict, reasons and errors, at the first time and from memory', () => {
    const seen = { cut: 0, errors: 0, allowed: 0, hits: 0 }
    fc.assert(
      fc.property(policies, fc.array(request, { minLength: 6, maxLength: 6 }), (texts, requests) => {
        const parsed = parsedById(texts)
        const set = { policies: parsed, schema: options.schema, policyDigest: 'p', schemaDigest: 'slices' }
        const groups = language.actionGroups(options.schema)
        const whole = language.prepare(set)
        const sliced = createSlices(language, { ...set, groups }, 0)
        const ask = (question: Question): Answer => {
          const expected = whole.ask(question)
          expect(sliced.ask(question)).toEqual(expected)
          seen.cut += sliced.idsFor(question).length < texts.length ? 1 : 0
          seen.errors += expected.errors.length
          seen.allowed += expected.allowed ? 1 : 0
          return { ...expected, errors: [] }
        }
        const rules = new Map(
          texts.map((_, at) => [`p-${at}`, { id: `p-${at}`, title: 'T', effect: 'permit' as const }]),
        )
        const book = { engine: { ask }, rules, directory: options, policyDigest: 'p', schemaDigest: 's' }
        for (const one of [...requests.flatMap(twins), ...requests]) decide(book, one)
        seen.hits += sliced.count().hits
      }),
      { numRuns: 12 },
    )
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(10)
  })
})

describe('policies that are only watched', () => {
  it('decide nothing, and are named where they would have', async () => {
    let named = 0
    const shadowed = await Promise.all(shadows.map((texts) => pairWith(texts)))
    fc.assert(
      fc.property(fc.nat(shadows.length - 1), ordinary, (at, one) => {
        const [without, withThem, live] = shadowed[at] ?? []
        const { policyDigest: _a, ...expected } = without?.decide(one) ?? {}
        const { policyDigest: _b, shadow = [], ...decision } = withThem?.decide(one) ?? {}
        expect(decision).toEqual(expected)
        const { verdict, obligations, clearLabels } = live?.decide(one) ?? {}
        const changes = JSON.stringify([verdict, obligations, clearLabels]) !== JSON.stringify(outcome(decision))
        expect(shadow.length > 0).toBe(changes)
        named += shadow.length
      }),
      { numRuns: 150 },
    )
    expect(named).toBeGreaterThan(15)
  })
})

const outcome = ({ verdict, obligations, clearLabels }: Partial<ReturnType<typeof decide>>) => [
  verdict,
  obligations,
  clearLabels,
]

const shadows = [
  ['permit (principal, action == Countersign::Action::"delete", resource);'],
  ['forbid (principal, action == Countersign::Action::"read", resource in Countersign::Backend::"azure-postgresql");'],
  [
    'permit (principal, action == Countersign::Action::"see", resource in Countersign::Label::"pii");',
    '@rowlimit("7") forbid (principal, action == Countersign::Action::"read", resource) when { context.tainted } unless { context.fulfilled.contains("rowlimit:7") };',
  ],
  [
    '@reason("not_permitted") forbid (principal, action == Countersign::Action::"see", resource in Countersign::Label::"pii.contact");',
  ],
  // Fails wherever it is looked at.
  [
    'forbid (principal, action == Countersign::Action::"write", resource) when { context.statements * 9007199254740991 * 9007199254740991 > 0 };',
  ],
]

/** The shipped set without some policies, with them only watched, and with them deciding (as the last reference). */
async function pairWith(texts: readonly string[]) {
  const annotate = (shadow: string) =>
    texts.map((text, at) => `@id("watched-${at}") @title("T") ${shadow} ${text}`).join('\n')
  const fails = texts.some((text) => text.includes('9007199254740991'))
  const withShadow = { ...options, policies: [...options.policies, annotate('@shadow("2026-01-01: tried")')] }
  const live = fails ? options : { ...options, policies: [...options.policies, annotate('')] }
  return Promise.all([loadPolicy(options), loadPolicy(withShadow), loadPolicy(live)])
}

const ordinary: fc.Arbitrary<PolicyRequest> = fc
  .record({
    who: fc.constantFrom('alice', 'bob', 'heidi', 'erin', 'scout'),
    backend: fc.constantFrom('azure-postgresql', 'rest-entra-api'),
    operation: fc.constant('executeQuery'),
    effect: fc.constantFrom('read' as const, 'write' as const, 'delete' as const),
    reads: fc.subarray(['sales.orders', 'hr.employees']),
    labels: fc.subarray(['pii.contact', 'pii.birth']),
    context: fc.record({ tainted: fc.boolean() }),
  })
  .map((sketch: Sketch) => completeSketch(sketch))

/** A request, and others that differ from it in one thing that policies may look at. */
function twins(one: PolicyRequest): readonly PolicyRequest[] {
  const { context } = one
  const changes = [
    { hour: 18 - (context.hour ?? 3) },
    { time: '2026-06-02T00:00:00Z' },
    { statements: context.statements + 1 },
    { tainted: !context.tainted },
  ]
  return [one, ...changes.map((change) => ({ ...one, context: { ...context, ...change } }))]
}

function parsedById(texts: readonly string[]): Record<string, PolicyJson> {
  return Object.fromEntries(language.parse(texts.join('\n')).map((policy, at) => [`p-${at}`, policy]))
}
