import type { RowPosition } from '../audit/receipt.ts'
import type { MaskedField } from '../audit/record.ts'
import { type Problem, problems } from '../errors/problem.ts'
import { type ChallengeSettings, challengeFor } from '../identity/challenge.ts'
import type { Line } from './line.ts'
import type { Answer } from './ports.ts'
import { type Answerable, isRefused } from './stages.ts'

/** What answers need to know of the deployment. */
export interface Identification {
  readonly publicUrl: string
  readonly challenge: ChallengeSettings
}

/** The ids that an answer carries; `instance` names an answer that has no decision. */
export interface AnswerIds {
  readonly decisionId?: string
  readonly instance?: string
  readonly traceparent?: string
}

/** The last stage. It takes nothing less than a durable outcome row. */
export function createResponse(identification: Identification): Pick<Line, 'respond'> {
  return {
    respond: (answerable) => {
      const { call } = answerable
      const ids = { decisionId: call.decisionId, traceparent: call.traceparent }
      if (isRefused(call)) return answerProblem(call.problem, identification, ids)
      return answerJson(200, { data: call.result.data, meta: meta(answerable) }, ids)
    },
  }
}

/** A JSON answer with the headers that every answer has. */
export function answerJson(status: number, value: unknown, ids: AnswerIds = {}): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json', ...commonHeaders(ids) },
    body: JSON.stringify(value),
  }
}

/** RFC 9457, with the `error` member that OpenAI-shaped clients read. */
export function answerProblem(problem: Problem, identification: Identification, ids: AnswerIds = {}): Answer {
  const { claims } = problem.members
  const retryAfter = waitOf(problem)
  const challenge = challengeHeader(problem, identification)
  return {
    status: problem.status,
    headers: {
      'content-type': 'application/problem+json',
      ...commonHeaders(ids),
      ...(challenge === undefined ? {} : { 'www-authenticate': challenge }),
      ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
    },
    body: JSON.stringify({ ...problemBody(problem, identification.publicUrl, ids), ...(claims ? { claims } : {}) }),
  }
}

function problemBody(problem: Problem, publicUrl: string, ids: AnswerIds) {
  const { code, detail, members } = problem
  const { title, retryable } = problems[code]
  const { reasons, faults, approval, consentUrl, resume, next } = members
  const retryAfter = waitOf(problem)
  const instance = ids.decisionId ?? ids.instance
  return {
    type: `${publicUrl}/problems/${code}`,
    title,
    status: problem.status,
    detail,
    ...(instance === undefined ? {} : { instance: `urn:uuid:${instance}` }),
    code,
    retryable: retryable || retryAfter !== undefined,
    ...definedMembers({ reasons, faults, approval, consentUrl, retryAfter, resume, next }),
    error: { message: detail, type: 'countersign_problem', code, param: faults?.[0]?.pointer ?? null },
  }
}

/** Seconds until a repeat makes sense; what fails closed always says it. */
function waitOf({ status, members }: Problem): number | undefined {
  return members.retryAfter ?? (status === 503 ? 5 : undefined)
}

function definedMembers(members: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
}

/** The headers that every answer has. */
export function commonHeaders(ids: AnswerIds): Record<string, string> {
  return {
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(ids.traceparent === undefined ? {} : { traceparent: ids.traceparent }),
    ...(ids.decisionId === undefined ? {} : { 'x-countersign-decision': ids.decisionId }),
  }
}

function challengeHeader(problem: Problem, { challenge }: Identification): string | undefined {
  return problem.members.challenge ?? (problem.status === 401 ? challengeFor(problem.code, challenge) : undefined)
}

/** What an answer says of itself. */
export function meta({ call, intent, outcome }: Answerable) {
  if (isRefused(call)) throw new TypeError('a refused call has no result')
  const { answer, result } = call
  return {
    traceId: call.traceId,
    decisionId: call.decisionId,
    audit: { lane: intent.lane, intent: place(intent), outcome: place(outcome) },
    masked: result.masked.map(describeMask),
    ...(result.neutralised === undefined || result.neutralised === 0 ? {} : { neutralised: result.neutralised }),
    truncated: answer.truncated,
    rows: answer.rows,
    identity: answer.identity,
    trust: 'untrusted-data',
  }
}

function place({ lane, segment, seq }: RowPosition) {
  return { lane, segment, seq }
}

function describeMask({ path, label, strategy }: MaskedField) {
  return { path, class: label, strategy, ...explainMask(label, strategy) }
}

function explainMask(label: string, strategy: string) {
  if (label === 'unclassified')
    return {
      reason: 'field_not_classified',
      howToRequest: 'Ask the owner of the classification to classify this field.',
    }
  if (strategy === 'aggregate')
    return {
      reason: 'too_few_people',
      howToRequest:
        'Ask one table for count, sum or avg of this column by groups, with count of the same column beside it.',
    }
  return {
    reason: 'label_not_granted',
    howToRequest: `Ask the policy owner for the right to see "${label}" in clear.`,
  }
}
