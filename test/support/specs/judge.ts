import type { SpecFile } from '../../../infra/local/specs/document.ts'
import type { Backend } from '../../../shared/backend/define.ts'
import type { Paging, RestCall } from '../../../shared/backend/rest-call.ts'
import { Problem } from '../../../shared/errors/problem.ts'
import { parsePointer } from '../../../shared/masking/pointer.ts'
import type { Json, UpstreamAnswer } from '../../../shared/pipeline/ports.ts'
import { judgeAnswer } from './answer-judge.ts'
import { mostInputs } from './inputs.ts'
import { type Match, matchOperation, type SentRequest } from './match.ts'
import { type PublishedAnswer, publishedAnswer } from './published-answer.ts'
import { judgeRequest } from './request-judge.ts'
import { callRest } from './rest-caller.ts'
import { givenInputs } from './samples.ts'
import { type Reply, serveReplies } from './spec-server.ts'

/** How one declared operation is judged. */
export interface JudgeOptions {
  /** Documents that requests may be of, the operation's own first. */
  readonly documents: readonly SpecFile[]
  /** Inputs in the place of made ones; undefined leaves one out. */
  readonly inputs?: Readonly<Record<string, Json | undefined>>
  /** Values of the deployment in the place of made ones. */
  readonly values?: Readonly<Record<string, string>>
  /** Which operation of the document it has to be. */
  readonly operationId?: string
  /** What stands before the path in the backend's base URL; unless given, that of the declaration's own base. */
  readonly basePath?: string
  /** Answers in the place of the documented ones (a state, a 202, bytes); undefined leaves them. Judged like any other. */
  readonly reply?: (request: SentRequest, asked: number) => Partial<Reply> | undefined
  /** Faults that are known and explained, word for word; one that does not appear is a fault itself. */
  readonly except?: readonly string[]
}

export interface Judgement {
  /** What is wrong with requests and answers, and the code of the problem that the call ended with. */
  readonly faults: readonly string[]
  readonly requests: readonly SentRequest[]
  /** Ids of the documents' operations that were asked, in their order. */
  readonly asked: readonly string[]
  /** What the first request was answered with, and whose example that is. */
  readonly served: PublishedAnswer | undefined
  readonly answer: UpstreamAnswer | undefined
  readonly data: Json | undefined
}

interface Trial {
  readonly requests: SentRequest[]
  readonly asked: string[]
  readonly faults: string[]
  served: PublishedAnswer | undefined
}

const nothing: Reply = { status: 404, headers: { 'content-type': 'application/json' }, body: '{}' }

/**
 * Calls one declared operation with the executor that the gateway uses against a server that answers with the
 * publisher's own examples, and judges by the publisher's documents whatever went over the wire in either direction.
 */
export async function judgeOperation(backend: Backend, name: string, options: JudgeOptions): Promise<Judgement> {
  const operation = backend.operations[name]
  if (operation === undefined || operation.call.technology !== 'rest')
    throw new Error(`${backend.name}.${name} is no REST operation`)
  const trial: Trial = { requests: [], asked: [], faults: [], served: undefined }
  const { call } = operation
  const server = await serveReplies((request) =>
    answerOne(request, { trial, call, options, origin: `http://${String(request.headers.host)}` }),
  )
  const basePath = options.basePath ?? pathOf(backend)
  try {
    const answer = await callRest({
      backend,
      operation,
      inputs: mostInputs(operation, { ...givenInputs(backend, name), ...options.inputs }),
      baseUrl: `${server.url}${basePath}`,
      fetch,
      ...(options.values === undefined ? {} : { values: options.values }),
    }).catch((error: unknown) => explain(error, trial))
    return conclude(trial, options, answer)
  } finally {
    await server.close()
  }
}

function pathOf({ base }: Backend): string {
  const url = base?.public ?? undefined
  return url === undefined ? '' : new URL(url).pathname.replace(/\/+$/, '')
}

function explain(error: unknown, trial: Trial): undefined {
  trial.faults.push(
    error instanceof Problem ? `call: ${error.code} ${error.reason ?? ''}`.trim() : `call: ${String(error)}`,
  )
  return undefined
}

function conclude(
  trial: Trial,
  { operationId, except = [] }: JudgeOptions,
  answer: UpstreamAnswer | undefined,
): Judgement {
  const [first] = trial.asked
  if (first === undefined && trial.requests.length === 0) trial.faults.push('request: nothing was sent')
  if (operationId !== undefined && first !== operationId)
    trial.faults.push(`request: is ${String(first)}, not ${operationId}`)
  const absent = except
    .filter((fault) => !trial.faults.includes(fault))
    .map((fault) => `excepted: no such fault: ${fault}`)
  const faults = [...trial.faults.filter((fault) => !except.includes(fault)), ...absent]
  return { ...trial, faults, answer, data: answer?.data }
}

interface Asked {
  readonly trial: Trial
  readonly call: RestCall
  readonly options: JudgeOptions
  readonly origin: string
}

function answerOne(request: SentRequest, { trial, call, options, origin }: Asked): Reply {
  const { documents, reply } = options
  // Where work stands is asked at an address that only the answer names; no document has one for it.
  if (request.url === standsAt) return { status: 200, headers: nothing.headers, body: '{"status":"Succeeded"}' }
  trial.requests.push(request)
  const match = matchOperation(documents, request)
  if (match === undefined) {
    trial.faults.push(`request: ${request.method} ${request.url.split('?')[0]} is not documented`)
    return { ...nothing, ...reply?.(request, trial.requests.length - 1) }
  }
  trial.asked.push(match.operation.id)
  trial.faults.push(...judgeRequest(match, request))
  const served = publishedAnswer(match.operation)
  const given = withPlace({ ...served.reply, ...reply?.(request, trial.requests.length - 1) }, call, origin)
  trial.served ??= served
  judgeReply(match, given, trial)
  return { ...given, body: homeLinks(given.body, { call, origin, path: request.url.split('?')[0] ?? '' }) }
}

const standsAt = '/where-it-stands'

/** A document says that a 202 has a header with the place to ask at, and gives no example of one. */
function withPlace(given: Reply, { longRunning }: RestCall, origin: string): Reply {
  if (given.status !== 202 || longRunning === undefined || !('header' in longRunning.poll)) return given
  return { ...given, headers: { [longRunning.poll.header]: `${origin}${standsAt}`, ...given.headers } }
}

function judgeReply({ operation }: Match, { status, headers, body }: Reply, trial: Trial): void {
  trial.faults.push(...judgeAnswer(operation, { status, type: headers['content-type'] ?? '', body }))
}

/** The links of a publisher's example lead to the publisher's own host; as the server's they lead to itself. */
function homeLinks(body: string, { call, origin, path }: { call: RestCall; origin: string; path: string }): string {
  const pointer = call.page?.into === 'link' ? pointerOf(call.page) : undefined
  if (pointer === undefined || body === '') return body
  const data = JSON.parse(body) as Record<string, Json>
  const names = parsePointer(pointer)
  const holder = names
    .slice(0, -1)
    .reduce<Json | undefined>((at, name) => (at as Record<string, Json> | undefined)?.[name], data)
  const last = names.at(-1) ?? ''
  const link = (holder as Record<string, Json> | undefined)?.[last]
  if (typeof link !== 'string') return body
  const query = URL.canParse(link) ? new URL(link).search : '?next=1'
  Object.assign(holder as object, { [last]: `${origin}${path}${query}` })
  return JSON.stringify(data)
}

function pointerOf({ from }: Paging): string | undefined {
  return 'pointer' in from ? from.pointer : undefined
}
