/** A world whose rows are chained by the real writer in memory, with its auditors and the indexer. */

import { runIndexer } from '../../shared/audit/index-rows.ts'
import type { IntentFacts, OutcomeFacts } from '../../shared/audit/record.ts'
import type { AuditWriter } from '../../shared/audit/writer.ts'
import type { AuditRoute } from '../../shared/http/running-app.ts'
import type { Principal } from '../../shared/identity/principal.ts'
import type { Answer, Inbound } from '../../shared/pipeline/ports.ts'
import { called, openWriter, permitted } from '../unit/audit/fixture.ts'
import { createMemoryBook } from './audit-book.ts'
import { createWorldApp } from './line-app.ts'
import { lineBackend } from './line-backend.ts'
import { alice, approvers, inboundFor, noon, tid } from './line-world.ts'

export const otherTenant = '22222222-2222-4222-8222-222222222222'

/** An auditor of the home tenant, at the console. */
export const dave: Principal = {
  ...alice,
  oid: 'a0000000-0000-4000-8000-000000000004',
  actor: approvers.consoleClientId,
  publicClient: true,
  scopes: ['access_as_user', 'control'],
  roles: ['Countersign.Auditor'],
}

/** The auditor of another tenant. */
export const trudy: Principal = { ...dave, tid: otherTenant, oid: 'a0000000-0000-4000-8000-000000000009' }

interface Loose {
  // biome-ignore lint/suspicious/noExplicitAny: bodies are read by the tests as they come
  readonly [name: string]: any
}

export interface Given {
  readonly query?: string
  readonly operation?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

export interface Outcome {
  readonly status: number
  readonly code: string
  readonly reasons: readonly string[]
  readonly body: Loose
  readonly answer: Answer | undefined
}

export function createAuditWorld(perMinute = 1000) {
  const book = createMemoryBook()
  let time = noon
  let who = dave
  const clock = () => time
  const writer = openWriter(book.rows, { clock, wait: async () => undefined })
  const refusals = { events: false }
  const audit: AuditWriter = {
    ...writer,
    recordEvent: async (facts) => {
      if (refusals.events) throw Object.assign(new Error('away'), { code: 'audit_unavailable', status: 503 })
      return writer.recordEvent(facts)
    },
  }
  const { world, app } = createWorldApp(
    [lineBackend],
    { now: clock, perMinute, faults: { verify: () => who }, wrap: (ports) => ({ ...ports, audit }) },
    book,
  )
  const ask = async (route: AuditRoute, given: Given = {}, principal: Principal = dave): Promise<Outcome> => {
    who = principal
    try {
      const answer = await app.answers[route](inboundOf(given))
      const isJson = answer.headers['content-type'] === 'application/json'
      return { status: answer.status, code: 'ok', reasons: [], body: isJson ? JSON.parse(answer.body) : {}, answer }
    } catch (error) {
      const { code = 'thrown', status = 500, members = {} } = error as Loose
      return { status, code, reasons: members.reasons ?? [], body: members, answer: undefined }
    }
  }
  const call = async (decisionId: string, more: Partial<IntentFacts> = {}, outcome: Partial<OutcomeFacts> = {}) => {
    const intent = await writer.recordPermitted(permitted(decisionId, more))
    await writer.recordOutcome(intent, called(outcome))
    return intent
  }
  return {
    ...{ book, world, writer, ask, call, refusals },
    logged: world.logged,
    pass: (milliseconds: number) => {
      time += milliseconds
    },
    now: clock,
    index: () => runIndexer({ rows: book.rows, homeTenant: tid, clock, wait: async () => undefined }),
    records: async (query = '', principal: Principal = dave) => ask('auditRecords', { query }, principal),
    rowsOf: (kind: string) => [...book.rows.tables.rows.values()].filter(({ properties }) => properties.kind === kind),
  }
}

function inboundOf({ query = '', operation = '', headers = {}, body }: Given): Inbound {
  return inboundFor('', body ?? {}, {
    method: body === undefined ? 'GET' : 'POST',
    query: query === '' ? '' : `?${query}`,
    operation,
    headers: { 'content-type': 'application/json', ...headers },
  })
}

export function principalOf(oid: string, more: Partial<IntentFacts['principal']> = {}): IntentFacts['principal'] {
  return { ...permitted('x').principal, kind: 'person', tid, oid, ...more }
}
