/**
 * One decision under 10, 100 and 1,000 policies that are spread over backends: by slices and remembered answers (ours),
 * and by the whole set with nothing remembered (as it was before there were any). Cold: a person of whom nothing is
 * known yet at each call, slices ready; warm: the same call again. Each decision of the peer is compared with ours.
 */
import { join } from 'node:path'
import { projectRoot } from '../../infra/local/stack/local-folder.ts'
import { localDirectory } from '../../infra/policy/local-directory.ts'
import { completeSketch } from '../../infra/policy/sketch.ts'
import { loadCedar } from '../../shared/policy/cedar.ts'
import type { Decision, PolicyRequest } from '../../shared/policy/decision.ts'
import { decide } from '../../shared/policy/evaluate.ts'
import type { PolicyLanguage } from '../../shared/policy/language.ts'
import { buildRulebook, type PolicyOptions } from '../../shared/policy/loader.ts'
import { readPolicyFolder } from '../../shared/policy/policy-folder.ts'
import { compareFigure, type Figure } from './measurement.ts'
import { microseconds, spend, takeTurns } from './rounds.ts'

type Decide = (request: PolicyRequest) => Decision

const perBackend = 20
let people = 0

export async function measureSets(quick: boolean): Promise<readonly Figure[]> {
  const folder = await readPolicyFolder(join(projectRoot, 'infra/policy'))
  const options = { ...folder, ...localDirectory(folder.groups) }
  const language = await loadCedar()
  const figures: Figure[] = []
  const cold = new Map<number, number>()
  for (const size of [10, 100, 1_000]) {
    const sides = openSides(language, { ...options, policies: [textOf(size)] })
    const found = await measureCold(size, sides, quick)
    cold.set(size, found.value)
    figures.push(found, await measureWarm(size, sides, quick))
  }
  const growth = { case: '1,000 policies, cold, beside 100', value: cold.get(1_000) ?? 0, unit: 'µs' }
  return [...figures, compareFigure('cost', { ...growth, peer: 'the same at 100 policies' }, cold.get(100) ?? 0)]
}

interface Sides {
  readonly ours: Decide
  readonly theirs: Decide
}

function openSides(language: PolicyLanguage, options: PolicyOptions): Sides {
  const book = buildRulebook(language, options)
  const parsed = options.policies.flatMap((text) => language.parse(text))
  const policies = Object.fromEntries(parsed.map((policy) => [policy.annotations?.id ?? '', policy]))
  const { schema } = options
  const engine = language.prepare({ policies, schema, schemaDigest: book.schemaDigest })
  return { ours: (request) => decide(book, request), theirs: (request) => decide({ ...book, engine }, request) }
}

function measureCold(size: number, sides: Sides, quick: boolean): Promise<Figure> {
  return measure(`${size.toLocaleString('en')} policies, cold`, sides, {
    calls: quick ? 20 : 200,
    quick,
    next: freshRequest,
  })
}

function measureWarm(size: number, sides: Sides, quick: boolean): Promise<Figure> {
  const same = freshRequest()
  return measure(`${size.toLocaleString('en')} policies, warm`, sides, {
    calls: quick ? 20 : 200,
    quick,
    next: () => same,
  })
}

interface Plan {
  readonly calls: number
  readonly quick: boolean
  readonly next: () => PolicyRequest
}

async function measure(name: string, { ours, theirs }: Sides, { calls, quick, next }: Plan): Promise<Figure> {
  const one = next()
  if (JSON.stringify(ours(one)) !== JSON.stringify(theirs(one))) throw new Error(`the peer decides otherwise: ${name}`)
  const run = (by: Decide) => {
    const requests = Array.from({ length: calls }, next)
    return spend(calls, () => {
      for (const request of requests) by(request)
    })
  }
  const turns = await takeTurns(quick ? 2 : 5, { ours: () => run(ours), peer: () => run(theirs) })
  const figure = { case: name, value: microseconds(turns.map((turn) => turn.ours)), unit: 'µs' }
  const peer = 'the whole set, nothing remembered'
  return compareFigure('cost', { ...figure, peer }, microseconds(turns.map((turn) => turn.peer)))
}

/** A read of one object with a label by somebody new, in the backend that every set has. */
function freshRequest(): PolicyRequest {
  people += 1
  return completeSketch({
    ...{ who: 'alice', backend: 'backend-0', operation: 'read', effect: 'read' },
    ...{ reads: ['sales.orders'], labels: ['pii.contact'] },
    principal: { oid: `person-${people}` },
  })
}

/** Five guards and demands that hold everywhere, the rest permits of twenty a backend. */
function textOf(size: number): string {
  const everywhere = [
    '@reason("not_understood") forbid (principal, action in Countersign::Action::"call", resource) unless { context.understood };',
    '@reason("dangerous_statement") forbid (principal, action in Countersign::Action::"call", resource) unless { context.dangers.isEmpty() };',
    '@reason("guest_may_not_change") forbid (principal, action in Countersign::Action::"change", resource) when { principal.guest };',
    '@rowlimit("1000") forbid (principal, action == Countersign::Action::"read", resource) unless { context.fulfilled.contains("rowlimit:1000") };',
    'permit (principal in Countersign::Group::"hr", action == Countersign::Action::"see", resource in Countersign::Label::"pii");',
  ]
  const permits = Array.from({ length: size - everywhere.length }, (_, at) => {
    const object = at % perBackend === 0 ? 'sales' : `area${at % perBackend}`
    const where = `Countersign::Object::"backend-${Math.floor(at / perBackend)}/${object}"`
    return `permit (principal, action == Countersign::Action::"read", resource in ${where}) when { principal in Countersign::Group::"sales-emea" && !principal.guest };`
  })
  return [...everywhere, ...permits].map((text, at) => `@id("policy-${at}") @title("Policy ${at}") ${text}`).join('\n')
}
