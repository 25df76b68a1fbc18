import type { BookRecord } from '../audit/index-record.ts'
import { findRecords } from '../audit/index-records.ts'
import { honestyOf } from '../backend/honest.ts'
import { parseBody } from '../backend/inputs.ts'
import { Problem } from '../errors/problem.ts'
import type { Principal } from '../identity/principal.ts'
import { tellNotMe } from '../notice/occurrences.ts'
import type { Answer, Inbound } from '../pipeline/ports.ts'
import { answerJson } from '../pipeline/respond.ts'
import { parseRecordsQuestion, type RecordsQuestion, readParameters } from './audit-question.ts'
import { actorDetail, chainReading } from './audit-reading.ts'
import { createReader } from './audit-records.ts'
import { type ControlParts, requireSelf } from './control-person.ts'
import { stopWork } from './me-stop.ts'
import { suspendAgent } from './me-switch.ts'
import { digestReason } from './suspension-keep.ts'
import { parseGuid, parseNotMe } from './suspension-question.ts'

/** `GET /api/me/activity`: what agents did as this person, from the book; it stands there as read before it leaves. */
export async function answerActivity(inbound: Inbound, parts: ControlParts): Promise<Answer> {
  const principal = await requireSelf(inbound, parts)
  const asked = parseActivityQuestion(inbound.query, principal, parts)
  const { selectors, window, after, limit, filter } = asked
  const query = { tenants: [principal.tid], selectors, window, after, limit, open: false }
  const page = await findRecords({ rows: parts.book.rows, reader: createReader(parts) }, query)
  await chainReading(principal, { what: 'activity', filter, count: page.records.length }, parts)
  return answerJson(200, {
    activity: page.records.map(describeActivity),
    next: page.after === null ? null : asked.cursorAfter(page.after),
    indexedUpTo: page.indexedUpTo,
    backends: honestyOf(
      page.records.map(({ intent }) => intent?.backend),
      parts.ports.configured,
    ),
  })
}

/** `POST /api/me/activity/{decisionId}/not-me`: on record, suspended and told of at once. */
export async function answerNotMe(inbound: Inbound, parts: ControlParts): Promise<Answer> {
  const principal = await requireSelf(inbound, parts)
  const decisionId = parseGuid(inbound.operation)
  const { comment } = parseNotMe(parseBody(inbound.body, inbound.headers['content-type'] ?? ''))
  const { actor, place } = await findOwnCall(decisionId, principal, parts)
  const salt = parts.ports.randomHex(16)
  await parts.ports.audit.recordEvent({
    kind: 'suspension',
    detail: {
      ...{ step: 'not-me', decisionId, person: principal.oid, agent: actor },
      ...{ lane: place.lane, segment: place.segment, seq: place.seq },
      ...actorDetail(principal),
      comment: digestReason(comment, salt),
    },
  })
  await suspendAgent({ principal, actor, cause: 'not-me', reason: comment, salt }, parts)
  const { tid, oid } = principal
  const time = new Date(parts.ports.now()).toISOString()
  const [stopped] = await Promise.all([
    stopWork(principal, actor, parts),
    parts.ports.notices.enqueue(tellNotMe({ tid, oid, actor, decisionId, time })),
  ])
  return answerJson(200, { decisionId, agent: actor, suspended: true, ...stopped })
}

/** A call that is older is not looked for. */
const disputableMs = 93 * 24 * 3_600_000

/** A call made as this person; Problem `operation_unknown` where there is none, or not yet in the index. */
async function findOwnCall(decisionId: string, { tid, oid }: Principal, parts: ControlParts) {
  const selectors = [
    { dimension: 'decision', value: decisionId },
    { dimension: 'person', value: oid },
    { dimension: 'kind', value: 'intent' },
  ] as const
  const until = parts.ports.now()
  const window = { since: until - disputableMs, until }
  const query = { tenants: [tid], selectors, window, after: null, limit: 1, open: false }
  const { records } = await findRecords({ rows: parts.book.rows, reader: createReader(parts) }, query)
  const [found] = records
  const actor = found?.intent?.principal.azp
  if (found !== undefined && actor !== undefined) return { actor, place: found.place }
  throw new Problem('operation_unknown', 'There is no such call of yours.')
}

const own = ['agent', 'backend', 'from', 'to', 'limit', 'cursor']

/** The auditors' question, for this person and for calls alone. */
function parseActivityQuestion(query: string, { oid }: Principal, { ports }: ControlParts): RecordsQuestion {
  const given = Object.entries(readParameters(query))
  const strange = given.find(([name]) => !own.includes(name))
  if (strange !== undefined) {
    const faults = [{ pointer: `/${strange[0].slice(0, 64)}`, detail: 'is not a parameter here' }]
    throw new Problem('input_invalid', 'A parameter is not known here.', { faults, next: { action: 'change_input' } })
  }
  const narrowed = new URLSearchParams([...given, ['person', oid], ['kind', 'intent']])
  return parseRecordsQuestion(`?${narrowed}`, { accept: '', now: ports.now() })
}

/** What was done, without the values of inputs or answers. */
function describeActivity({ decisionId, time, checked, fault, intent, outcome }: BookRecord) {
  return {
    ...{ decisionId, time, checked, fault },
    agent: intent?.principal.azp,
    ...{ backend: intent?.backend, operation: intent?.operation, effect: intent?.effect, verdict: intent?.verdict },
    ...{ reads: intent?.reads, writes: intent?.writes, reasons: intent?.reasons },
    outcome: outcome && { status: outcome.status, code: outcome.code, rows: outcome.rows, labels: outcome.labels },
  }
}
