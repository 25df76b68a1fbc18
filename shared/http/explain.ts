import { isGenerated } from '../backend/genie-call.ts'
import { parseBody } from '../backend/inputs.ts'
import { resolve } from '../backend/resolve.ts'
import { Problem } from '../errors/problem.ts'
import type { Classification } from '../masking/classification.ts'
import { brakeDenied, brakeQuestions } from '../pipeline/admit.ts'
import { createJudgement } from '../pipeline/judge.ts'
import type { Line, Ports } from '../pipeline/line.ts'
import type { Inbound, Invocation } from '../pipeline/ports.ts'
import { type Classified, type Decided, isRefused, type Refused, type Verified } from '../pipeline/stages.ts'
import { continueTrace } from '../pipeline/trace.ts'
import { wouldPassIf } from '../policy/explain.ts'
import { parseQuestion, type Question } from './question.ts'

interface ExplainParts {
  readonly classifications: ReadonlyMap<string, Classification>
  readonly ports: Ports
  readonly line: () => Promise<Line>
}

/**
 * What a call would be decided, by the very stages that decide it. It begins nothing and asks nobody; only where the call
 * itself is judged by something that has to be read first, that is read: governed, as the person, with rows of its own.
 * Throws the Problem that the call would be answered before policy hears of it, with pointers into `inputs`.
 */
export async function explain(inbound: Inbound, parts: ExplainParts) {
  const { ports } = parts
  const { principal, assertion } = await ports.verify(inbound)
  brakeQuestions(principal, ports)
  const question = parseQuestion(parseBody(inbound.body, inbound.headers['content-type'] ?? ''))
  const invocation = resolve({ ...question, inputs: () => question.inputs, at: '/inputs' }, ports.configured)
  const trace = continueTrace(inbound.headers.traceparent, ports.randomHex)
  const asked = { inbound: asCall(inbound, question), principal, assertion, decisionId: ports.newId(), ...trace }
  return describe(await judge(asked, invocation, parts), invocation)
}

/** The call that is asked about. Of the question's headers only that counts which says that work is asked after. */
function asCall(inbound: Inbound, { backend, operation, inputs }: Question): Inbound {
  const handle = inbound.headers['operation-handle']
  const headers = {
    'content-type': 'application/json',
    ...(handle === undefined ? {} : { 'operation-handle': handle }),
  }
  const body = Buffer.from(JSON.stringify(inputs), 'utf8')
  return {
    ...inbound,
    method: 'POST',
    path: `/api/${backend}/${operation}`,
    backend,
    operation,
    headers,
    query: '',
    body,
  }
}

async function judge(asked: Verified, invocation: Invocation, parts: ExplainParts): Promise<Decided | Refused> {
  const { ports } = parts
  const plain = createJudgement(ports, parts)
  // Nothing can be read as an application alone, and nothing is.
  if (asked.principal.kind === 'app') return plain.decide(await plain.classify({ ...asked, invocation }))
  if (looksAhead(invocation)) brakeDenied(asked.principal, ports)
  const line = await parts.line()
  return plain.decide(await line.classify(line.resolve(asked)))
}

/** True where the call is judged by what a read of its own says. */
function looksAhead({ operation }: Invocation): boolean {
  return typeof operation.runsAs === 'object' || isGenerated(operation)
}

function describe(stage: Decided | Refused, invocation: Invocation) {
  const { decision, understood } = stage
  if (decision === undefined || understood === undefined) return describeEarly(stage, invocation)
  const { unsupported, effect: declaredEffect } = invocation.operation
  const { effect } = understood
  const remedies = wouldPassIf(decision, { action: effect, resource: { declaredEffect } })
  return {
    decision: decision.verdict,
    ...(unsupported === undefined ? {} : { detail: unsupported }),
    reasons: (isRefused(stage) ? stage.problem.members.reasons : undefined) ?? decision.reasons,
    rules: decision.rules,
    obligations: decision.obligations,
    ...(decision.shadow === undefined ? {} : { shadow: decision.shadow }),
    understood: describeUnderstood({ ...stage, understood }),
    wouldPassIf: stage.principal.kind === 'app' && looksAhead(invocation) ? [...remedies, notLooked] : remedies,
  }
}

function describeUnderstood({ understood, runner }: Partial<Classified> & Pick<Classified, 'understood'>) {
  const { effect, reads, writes, dangers, statement } = understood
  const refused = statement?.refused
  const found = runner === undefined ? {} : { runsAs: runner.as, runner: runner.reason }
  return { effect, reads, writes, dangers, ...(refused === undefined ? {} : { refused }), ...found }
}

/** A no that policy was not asked for: what it would have to be asked about may not be read, or is never a target. */
function describeEarly(stage: Decided | Refused, { operation }: Invocation) {
  const problem = isRefused(stage) ? stage.problem : new Problem('internal', 'Nothing was decided.')
  const isNo = problem.code === 'policy_denied' || problem.reason === 'own_resource'
  if (!isNo) throw withPointers(problem)
  return {
    decision: 'deny' as const,
    detail: problem.detail,
    reasons: problem.members.reasons ?? [problem.code],
    rules: [],
    obligations: [],
    understood: { effect: operation.effect, reads: [], writes: [], dangers: [] },
    wouldPassIf: [],
  }
}

/** The question has the inputs one step further down than the call; a header is where it was. */
function withPointers(problem: Problem): Problem {
  const { faults, ...members } = problem.members
  if (faults === undefined) return problem
  const deeper = faults.map(({ pointer, detail }) => {
    return { pointer: pointer === '/Operation-Handle' ? pointer : `/inputs${pointer}`, detail }
  })
  const { code, detail, reason, cause } = problem
  return new Problem(code, detail, { ...members, faults: deeper, reason, cause })
}

const notLooked = {
  change: 'sign_in',
  of: 'not_looked',
  advice: 'What this call would do is read before it is decided, and only as a person: until one asks, it is unknown.',
} as const
