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
  readonly start: (person: Person, text: string, request: unknown, id?: string) => Job
}

/** Rows that a text gives that person: who they are, their own region, or 25 numbers. */
export function rowsOf({ text, person }: Job): readonly (readonly string[])[] {
  if (/many/.test(text)) return Array.from({ length: 25 }, (_one, index) => [String(index)])
  return [[person.upn.startsWith('alice') ? 'EMEA' : 'US']]
}

export const isWhoami = ({ text }: Job) => /current_user|session_user/i.test(text)
export const isChange = ({ text }: Job) => /^(insert|update|delete)/i.test(text)

/** A warehouse that speaks a protocol, with a record of what was asked and what a document has against it. */
export function createWarehouse(
  protocol: Protocol,
  options: {
    readonly document: SpecFile
    readonly personOf: (request: SentRequest & { readonly full: URL }) => Person | undefined
  },
) {
  const all = new Map<string, Job>()
  const jobs: Jobs = {
    all,
    as: (person) => person,
    start: (person, text, request, id = randomUUID()) => {
      const state = /broken/.test(text) ? 'failed' : /slow/.test(text) ? 'running' : 'done'
      const job: Job = { id, person: jobs.as(person), text, request, state }
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
  }
  const fetch: typeof globalThis.fetch = async (input, init = {}) => {
    const url = new URL(String(input))
    const headers = new Headers(init.headers)
    const body = String(init.body ?? '')
    const type = headers.get('content-type')?.replace('x-amz-json-1.1', 'json')
    const plain = { ...Object.fromEntries(headers), ...(type === undefined ? {} : { 'content-type': type }) }
    const sent = { method: init.method ?? 'GET', url: `${url.pathname}${url.search}`, headers: plain, body }
    const match = matchOperation([options.document], sent)
    world.asked.push(match?.operation.id ?? sent.url)
    world.headers.push(headers)
    world.faults.push(...(match === undefined ? [`${sent.url} is not documented`] : judgeRequest(match, sent)))
    if (world.fault !== null) return world.fault.clone()
    const person = options.personOf({ ...sent, headers: Object.fromEntries(headers), full: url })
    const parsed = body === '' ? {} : (JSON.parse(body) as Record<string, unknown>)
    const answer = protocol({ method: sent.method, url, headers, body: parsed, person }, jobs)
    const text = await answer.clone().text()
    const given = { status: answer.status, type: answer.headers.get('content-type') ?? '', body: text }
    if (match !== undefined) world.faults.push(...judgeAnswer(match.operation, given))
    return answer
  }
  return { world, fetch }
}

export const nobody = () => Response.json({ error: { code: 401, message: 'no token' } }, { status: 401 })
