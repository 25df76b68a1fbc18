import { type CheckedRow, checkStored, readChecked } from '../audit/index-check.ts'
import { tenantOf } from '../audit/index-dimensions.ts'
import {
  type Followed,
  type FollowPosition,
  findEnds,
  formatPosition,
  parsePosition,
  readNew,
} from '../audit/index-follow.ts'
import { type BookRecord, describeRow, type RecordReader } from '../audit/index-record.ts'
import type { RowDocument } from '../audit/record.ts'
import { invalid } from '../backend/inputs.ts'
import { Problem } from '../errors/problem.ts'
import type { Principal } from '../identity/principal.ts'
import type { Answer, Inbound } from '../pipeline/ports.ts'
import { answerJson } from '../pipeline/respond.ts'
import { denied, isOfPlatform, requireAuditor } from './audit-auditor.ts'
import type { AuditParts } from './audit-book.ts'
import { readParameters } from './audit-question.ts'
import { chainReading } from './audit-reading.ts'
import { createReader } from './audit-records.ts'
import type { Slots } from './audit-slots.ts'

/** A stream ends by itself before the platform's front end cuts it at 230 s. */
const longestMs = 220_000
const pauseMs = 1000
const aliveMs = 15_000
const rowsOfLane = 100

interface Batch {
  readonly found: readonly Followed[]
  readonly position: FollowPosition
}

interface Streaming {
  readonly parts: AuditParts
  readonly principal: Principal
  readonly reader: RecordReader
  /** Null: every tenant's rows. */
  readonly tenant: string | null
  readonly filter: Readonly<Record<string, string>>
  readonly until: number
}

/**
 * `GET /api/audit/stream`: rows as they are written, as server-sent events. Rows of kind `read` are left out, since each
 * batch that is sent adds one. After a cut it goes on behind `Last-Event-ID`.
 */
export async function answerStream(inbound: Inbound, parts: AuditParts, slots: Slots): Promise<Answer> {
  const principal = await requireAuditor(inbound, parts)
  const tenant = tenantAsked(inbound, principal, parts)
  const from = positionAsked(inbound) ?? (await findEnds(parts.book.rows))
  const until = parts.ports.now() + longestMs
  const filter = { tenant: tenant ?? 'all' }
  const release = slots.take(`${principal.tid}|${principal.oid}`, until)
  if (release === null) throw new Problem('quota_exceeded', 'Too many streams are open.', { retryAfter: 30 })
  await chainReading(principal, { what: 'stream', filter, count: 0 }, parts).catch((error: unknown) => {
    release()
    throw error
  })
  const streaming = { parts, principal, reader: createReader(parts), tenant, filter, until }
  const { headers } = answerJson(200, null)
  return {
    status: 200,
    headers: { ...headers, 'content-type': 'text/event-stream; charset=utf-8' },
    body: '',
    stream: streamRows(streaming, from, release),
  }
}

function tenantAsked(inbound: Inbound, principal: Principal, parts: AuditParts): string | null {
  const { tenant, ...others } = readParameters(inbound.query)
  const [strange] = Object.keys(others)
  if (strange !== undefined) throw invalid([{ pointer: '', detail: 'names a parameter that is none of a stream' }])
  if (tenant === undefined || tenant.toLowerCase() === principal.tid) return principal.tid
  if (!isOfPlatform(principal, parts)) throw denied('other_tenant', 'Only rows of your own tenant are yours to read.')
  return tenant === 'all' ? null : tenant.toLowerCase()
}

function positionAsked({ headers }: Inbound): FollowPosition | null {
  const given = headers['last-event-id']
  if (given === undefined || given === '') return null
  const position = parsePosition(given)
  if (position === null) throw invalid([{ pointer: '', detail: 'has a Last-Event-ID that was not given out here' }])
  return position
}

const encoder = new TextEncoder()

/** Reads on only when what was sent is taken: a slow reader holds one batch and no more. */
async function* streamRows(
  streaming: Streaming,
  from: FollowPosition,
  release: () => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield encoder.encode(`retry: 1000\nid: ${formatPosition(from)}\n\n`)
    yield* followRows(streaming, from)
    yield encoder.encode('event: end\ndata: {"reason":"time"}\n\n')
  } catch (error) {
    const code = error instanceof Problem ? error.code : 'internal'
    streaming.parts.ports.log('refused', { code, reason: 'stream' })
    yield encoder.encode('event: end\ndata: {"reason":"audit_unavailable"}\n\n')
  } finally {
    release()
  }
}

async function* followRows(streaming: Streaming, from: FollowPosition): AsyncGenerator<Uint8Array, void, undefined> {
  const { ports, book, wait } = streaming.parts
  let position = from
  let heard = ports.now()
  while (ports.now() < streaming.until) {
    const batch = await readNew(book.rows, position, rowsOfLane)
    position = batch.position
    const text = await renderMove(streaming, batch)
    const left = streaming.until - ports.now()
    if (text === '' && ports.now() - heard < aliveMs) await wait(Math.max(1, Math.min(pauseMs, left)))
    else {
      yield encoder.encode(text || ': alive\n\n')
      heard = ports.now()
    }
  }
}

/** Events, and an id of its own where rows were passed over that are not for this reader. */
async function renderMove(streaming: Streaming, { found, position }: Batch): Promise<string> {
  if (found.length === 0) return ''
  return `${await renderBatch(streaming, found)}id: ${formatPosition(position)}\n\n`
}

/** The events of one batch. That they are read stands in the book before they leave. */
async function renderBatch(streaming: Streaming, found: readonly Followed[]): Promise<string> {
  const events: string[] = []
  for (const followed of found) {
    const record = await recordFor(streaming, followed)
    if (record === null) continue
    const id = formatPosition(followed.position)
    events.push(`id: ${id}\nevent: row\ndata: ${JSON.stringify(record)}\n\n`)
  }
  const { principal, filter, parts } = streaming
  if (events.length > 0) await chainReading(principal, { what: 'stream', filter, count: events.length }, parts)
  return events.join('')
}

/** Null where it is another tenant's, or a read. A row that cannot be read has no tenant: only the home tenant sees it. */
async function recordFor(streaming: Streaming, { entity, place }: Followed): Promise<BookRecord | null> {
  const { reader, tenant } = streaming
  const found = await checkStored(reader, entity, place)
  if (!('row' in found)) {
    reader.onFault(found.fault, place)
    return tenant === null ? { place, checked: found.checked, fault: found.fault } : null
  }
  if (found.row.kind === 'read') return null
  const of = await tenantOfAny(reader, found.row)
  return tenant === null || of === tenant ? describeRow(found, place) : null
}

/** An outcome is of its intent's tenant. */
async function tenantOfAny(reader: RecordReader, row: RowDocument): Promise<string | null> {
  if (row.outcome === undefined) return tenantOf(row, reader.homeTenant)
  const { lane, segment, seq } = row.outcome.intent
  const intent: CheckedRow = await readChecked(reader, { lane, segment, seq })
  const isIts = 'row' in intent && intent.row.decisionId === row.decisionId && intent.row.intent !== undefined
  return isIts ? tenantOf(intent.row, reader.homeTenant) : null
}
