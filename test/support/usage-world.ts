/** A world with a book that is really chained and indexed, over tables of state that several instances may share. */
import { runIndexer } from '../../shared/audit/index-rows.ts'
import type { EventFacts, IntentFacts, OutcomeFacts } from '../../shared/audit/record.ts'
import type { AuditWriter } from '../../shared/audit/writer.ts'
import { defineBackend } from '../../shared/backend/define.ts'
import type { AnswerRoute } from '../../shared/http/running-app.ts'
import type { Principal } from '../../shared/identity/principal.ts'
import type { QuotaRule } from '../../shared/quota/quota.ts'
import { openWriter } from '../unit/audit/fixture.ts'
import { createMemoryBook } from './audit-book.ts'
import { createWorldApp } from './line-app.ts'
import { lineBackend } from './line-backend.ts'
import { alice, approvers, type Faults, inboundFor, noon, run, tid } from './line-world.ts'
import { createUsageMemory, createUsageTables, type UsageTables } from './usage-memory.ts'

export const otherTenant = '22222222-2222-4222-8222-222222222222'

const atConsole = { actor: approvers.consoleClientId, publicClient: true, scopes: ['control'], authContexts: ['c1'] }

/** An operator of the home tenant, at the console, freshly signed in. */
export const carol: Principal = {
  ...{ ...alice, ...atConsole },
  oid: 'a0000000-0000-4000-8000-000000000003',
  roles: ['Countersign.Operator'],
}

/** The operator of another tenant. */
export const oscar: Principal = { ...carol, tid: otherTenant, oid: 'a0000000-0000-4000-8000-000000000008' }

/** Alice herself, at the console. */
export const aliceAtConsole: Principal = { ...alice, ...atConsole }

const { getItem, runText, createOrder } = lineBackend.operations
if (getItem === undefined || runText === undefined || createOrder === undefined)
  throw new Error('the backend has no operation to copy')

/** With an operation that brings back strangers' text, and one with personal data. */
const backend = defineBackend({
  ...lineBackend,
  operations: {
    ...{ getItem, runText, createOrder },
    readMail: { ...getItem, untrusted: true },
    readPerson: { ...getItem, labels: { '/id': 'public', '/note': 'pii.contact' } },
  },
})

interface Loose {
  // biome-ignore lint/suspicious/noExplicitAny: bodies are read by the tests as they come
  readonly [name: string]: any
}

interface Given {
  readonly query?: string
  readonly operation?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

interface Options {
  readonly faults?: Faults
  readonly rules?: readonly QuotaRule[]
  readonly tables?: UsageTables
  readonly units?: Readonly<Record<string, readonly string[]>>
  readonly askPerMinute?: number
}

export function createUsageWorld({ faults = {}, tables = createUsageTables(), ...options }: Options = {}) {
  const book = createMemoryBook()
  let time = noon
  let who = alice
  const clock = () => time
  const writer = openWriter(book.rows, { clock, wait: async () => undefined })
  const events: EventFacts[] = []
  const intents: IntentFacts[] = []
  const outcomes: OutcomeFacts[] = []
  const audit: AuditWriter = {
    ...writer,
    recordPermitted: (facts) => {
      intents.push(facts)
      return writer.recordPermitted(facts)
    },
    recordRefused: (facts) => {
      intents.push(facts)
      return writer.recordRefused(facts)
    },
    recordOutcome: async (intent, facts) => {
      const use = outcomes.push(facts)
      await faults.outcome?.(use)
      return writer.recordOutcome(intent, facts)
    },
    recordEvent: async (facts) => {
      faults.event?.(facts)
      events.push(facts)
      return writer.recordEvent(facts)
    },
  }
  const memory = createUsageMemory({ ...options, now: clock, tables, tenants: [tid, otherTenant] })
  const { world, app, failures } = createWorldApp(
    [backend],
    {
      now: clock,
      perMinute: 10_000,
      faults: { ...faults, verify: () => who },
      wrap: (ports) => ({ ...ports, ...memory, audit }),
    },
    book,
  )
  const ask = async (route: AnswerRoute, principal: Principal, given: Given = {}) => {
    const { query = '', operation = '', headers = {}, body } = given
    who = principal
    const changes = {
      query: query && `?${query}`,
      operation,
      headers: { 'content-type': 'application/json', ...headers },
    }
    try {
      const answer = await app.answers[route](inboundFor('', body ?? {}, changes))
      const isJson = answer.headers['content-type'] === 'application/json'
      return { status: answer.status, code: 'ok', body: (isJson ? JSON.parse(answer.body) : {}) as Loose, answer }
    } catch (error) {
      const { code = 'thrown', status = 500, members = {} } = error as Loose
      return { status: status as number, code: code as string, body: members as Loose, answer: undefined }
    }
  }
  const call = async (principal: Principal = alice, operation = 'getItem', inputs: unknown = { id: '7' }) => {
    who = principal
    const ending = await run(world, inboundFor(operation, inputs))
    const body = JSON.parse(ending.answer?.body ?? '{}') as Loose
    return { status: ending.status, code: ending.code, body, thrown: ending.thrown as Loose | undefined }
  }
  return {
    ...{ world, book, tables, events, failures, ask, call, usage: memory.usage },
    steps: () => events.filter(({ kind }) => kind === 'suspension').map(({ detail }) => detail.step),
    pass: (milliseconds: number) => {
      time += milliseconds
    },
    index: () => runIndexer({ rows: book.rows, homeTenant: tid, clock, wait: async () => undefined }),
    intents,
    outcomes,
  }
}
