/**
 * One decision of policy for somebody of whom nothing is remembered: the shipped set, parsed once, against the same engine called the plain way, with the texts
 * handed over at each question. Every decision of the peer is compared with ours. CPU time of this process.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { projectRoot } from '../../infra/local/stack/local-folder.ts'
import { localDirectory } from '../../infra/policy/local-directory.ts'
import { completeSketch, type Sketch } from '../../infra/policy/sketch.ts'
import { loadCedar, loadPolicy } from '../../shared/policy/cedar.ts'
import type { PolicyRequest } from '../../shared/policy/decision.ts'
import type { Engine, PolicyLanguage } from '../../shared/policy/language.ts'
import { createPolicy, type Policy } from '../../shared/policy/policy.ts'
import { readPolicyFolder } from '../../shared/policy/policy-folder.ts'
import { policyRequestSchema } from '../../shared/policy/request.ts'
import { measureSets } from './decision-sets.ts'
import { type Bench, compareFigure } from './measurement.ts'
import { microseconds, spend, takeTurns } from './rounds.ts'

const sketches: Readonly<Record<string, Partial<Sketch>>> = {
  'permit: a list of orders': {
    backend: 'rest-entra-api',
    operation: 'listOrders',
    effect: 'read',
    declaredEffect: 'read',
    labels: ['pii.contact'],
  },
  'permit: a query over two tables': {
    backend: 'azure-postgresql',
    operation: 'executeQuery',
    effect: 'read',
    declaredEffect: 'read',
    reads: ['sales.customers', 'sales.orders'],
    labels: ['pii.contact'],
  },
  'deny: a deletion through a query': {
    backend: 'azure-postgresql',
    operation: 'executeQuery',
    effect: 'delete',
    declaredEffect: 'read',
    reads: ['sales.orders'],
    writes: ['sales.orders'],
  },
}

export const run: Bench = async ({ quick }) => {
  const folder = await readPolicyFolder(join(projectRoot, 'infra/policy'))
  const options = { ...folder, ...localDirectory(folder.groups) }
  const ours = await loadPolicy(options)
  const theirs = createPolicy(await loadPlainly(), options)
  const figures = []
  for (const [name, sketch] of Object.entries(sketches)) {
    figures.push(await compare(name, sketch, { ours, theirs, quick }))
  }
  return [...figures, ...(await measureSets(quick))]
}

interface Sides {
  readonly ours: Policy
  readonly theirs: Policy
  readonly quick: boolean
}

async function compare(name: string, sketch: Partial<Sketch>, { ours, theirs, quick }: Sides) {
  const request = policyRequestSchema().parse(completeSketch({ who: 'alice', ...sketch } as Sketch))
  const [expected, answered] = [ours.decide(request), theirs.decide(request)].map((one) => JSON.stringify(one))
  if (expected !== answered) throw new Error(`the peer decides otherwise: ${name}`)
  const decide = (policy: Policy, count: number) =>
    spend(count, () => {
      for (let at = 0; at < count; at++) policy.decide(somebody(request))
    })
  await decide(ours, 100)
  const turns = await takeTurns(quick ? 2 : 5, {
    ours: () => decide(ours, quick ? 60 : 3_000),
    peer: () => decide(theirs, quick ? 3 : 100),
  })
  const value = microseconds(turns.map((turn) => turn.ours))
  const figure = { case: name, value, unit: 'µs', peer: 'policies parsed at each question' }
  return compareFigure('cost', figure, microseconds(turns.map((turn) => turn.peer)))
}

let people = 0

/** The same request by somebody new, so that no answer is known. */
function somebody(request: PolicyRequest): PolicyRequest {
  people += 1
  return { ...request, principal: { ...request.principal, oid: `person-${people}` } }
}

/** The same language, but nothing is kept between two questions. */
async function loadPlainly(): Promise<PolicyLanguage> {
  const language = await loadCedar()
  const cedar = await import('@cedar-policy/cedar-wasm/web')
  const neighbour = createRequire(import.meta.url).resolve('@cedar-policy/cedar-wasm/nodejs')
  cedar.initSync({ module: readFileSync(neighbour.replace(/nodejs[\\/][^\\/]+$/, 'web/cedar_wasm_bg.wasm')) })
  return {
    ...language,
    prepare: ({ policies, schema }): Engine => ({
      ask: (question) => {
        const answer = cedar.isAuthorized({
          ...(question as unknown as Pick<Parameters<typeof cedar.isAuthorized>[0], keyof typeof question>),
          policies: { staticPolicies: policies as Record<string, never> },
          schema,
          validateRequest: true,
        })
        if (answer.type === 'failure') throw new Error(answer.errors.map((one) => one.message).join('; '))
        const { decision, diagnostics } = answer.response
        const errors = diagnostics.errors.map((one) => one.policyId).sort()
        return { allowed: decision === 'allow', reasons: [...diagnostics.reason].sort(), errors }
      },
    }),
  }
}
