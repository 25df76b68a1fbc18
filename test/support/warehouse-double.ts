/**
 * Stands in for warehouses that run statements as jobs behind HTTP (Snowflake, BigQuery, Athena, Redshift): what all of
 * them share. Requests and answers are judged by the publisher's own document. Unlike them it runs no SQL: texts say what
 * becomes of them (`slow`, `broken`, `many`), and rows are those of the person of the token.
 */
import { randomUUID } from 'node:crypto'
import type { SpecFile } from '../../infra/local/specs/document.ts'
import type { Person } from './foreign-people.ts'
import { judgeAnswer } from './specs/answer-judge.ts'
import { matchOperation, type SentRequest } from './specs/match.ts'
import { judgeRequest } from './specs/request-judge.ts'

export interface Job {
  readonly id: string
  readonly person: Person
  readonly text: string
  readonly request: unknown
  state: 'running' | 'done' | 'failed' | 'cancelled'
}

/** One request with the person whose token it bears; undefined where nobody's is. */
export interface Visit {
  readonly method: string
  readonly url: URL
  readonly headers: Headers
  readonly body: Readonly<Record<string, unknown>>
  readonly person: Person | undefined
}

/** A protocol: answers a visit, given the jobs so far. */
export type Protocol = (visit: Visit, jobs: Jobs) => Response

export interface Jobs {
  readonly all: Map<string, Job>
  /** The person that the warehouse takes the token's for. */
  as: (person: Person) => Person
  readonly start: (
    person: Person,
    asked: { readonly text: string; readonly request: unknown; readonly id?: string | undefined },
  ) => Job
}

/** Rows that a text gives that person: who they are, their own region, or 25 numbers. */
export function rowsOf({ text, person }: Job): readonly (readonly string[])[] {
  if (/many/.test(text)) return Array.from({ length: 25 }, (_one, index) => [String(index)])
  return [[person.upn.startsWith('alice') ? 'EMEA' : 'US']]
}

export const isWhoami = ({ text }: Job) => /current_user|session_user/i.test(text)
export const isChange = ({ text }: Job) => /^(insert|update|delete)/i.test(text)

export interface WarehouseOptions {
  readonly document: SpecFile
  readonly personOf: (request: SentRequest & { readonly full: URL }) => Person | undefined
  /** What the document is known to leave out, word for word. */
  readonly except?: readonly string[]
}

/** A warehouse that speaks a protocol, with a record of what was asked and what a document has against it. */
export function createWarehouse(protocol: Protocol, options: WarehouseOptions) {
  const all = new Map<string, Job>()
  const jobs: Jobs = {
    all,
    as: (person) => person,
    start: (person, { text, request, id = randomUUID() }) => {
      const job: Job = { id, person: jobs.as(person), text, request, state: stateOf(text) }
      all.set(id, job)
      return job
    },
  }
  const world = {
    jobs,
    faults: [] as string[],
    asked: [] as string[],
    headers: [] as Headers[],
    fault: null as Response | null,
    /** How often a fault was left aside because it is excepted. */
    excepted: 0,
  }
  const { document, except = [] } = options
  const note = (...faults: readonly string[]) => {
    const found = faults.filter((fault) => !except.includes(fault))
    world.faults.push(...found)
    world.excepted += faults.length - found.length
  }
  const fetch: typeof globalThis.fetch = async (input, init = {}) => {
    const sent = sentOf(String(input), init)
    const match = matchOperation([document], sent)
    world.asked.push(match?.operation.id ?? sent.url)
    world.headers.push(new Headers(init.headers))
    note(...(match === undefined ? [`${sent.url} is not documented`] : judgeRequest(match, sent)))
    const answer = world.fault?.clone() ?? protocol(visitOf(String(input), init, options), jobs)
    if (world.fault === null && match !== undefined)
      note(...judgeAnswer(match.operation, await givenOf(answer.clone())))
    return answer
  }
  return { world, fetch }
}

function stateOf(text: string): Job['state'] {
  if (/broken/.test(text)) return 'failed'
  return /slow/.test(text) ? 'running' : 'done'
}

/** As a document has it: AWS's media type stands for JSON there. */
function sentOf(input: string, init: RequestInit): SentRequest {
  const { pathname, search } = new URL(input)
  const headers = Object.fromEntries(new Headers(init.headers))
  const type = headers['content-type']?.replace('x-amz-json-1.1', 'json')
  const plain = { ...headers, ...(type === undefined ? {} : { 'content-type': type }) }
  return { method: init.method ?? 'GET', url: `${pathname}${search}`, headers: plain, body: String(init.body ?? '') }
}

async function givenOf(answer: Response) {
  const { status, headers } = answer
  return { status, type: headers.get('content-type') ?? '', body: await answer.text() }
}

function visitOf(input: string, init: RequestInit, { personOf }: WarehouseOptions): Visit {
  const url = new URL(input)
  const headers = new Headers(init.headers)
  const body = String(init.body ?? '')
  const method = init.method ?? 'GET'
  const person = personOf({ method, url: input, headers: Object.fromEntries(headers), body, full: url })
  return { method, url, headers, person, body: body === '' ? {} : (JSON.parse(body) as Record<string, unknown>) }
}

export const nobody = () => Response.json({ error: { code: 401, message: 'no token' } }, { status: 401 })
