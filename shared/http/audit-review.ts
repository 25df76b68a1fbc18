import { keepComment } from '../audit/comments.ts'
import { findingsIn, isConcerned } from '../audit/concerned.ts'
import { readChecked } from '../audit/index-check.ts'
import { locateRow } from '../audit/index-locate.ts'
import { mapSome } from '../audit/index-work.ts'
import { listLeases } from '../audit/lease.ts'
import type { RowPosition } from '../audit/receipt.ts'
import type { RowDocument } from '../audit/record.ts'
import { partitionKey, rowKey } from '../audit/segment.ts'
import { readDocument } from '../audit/subject-rows.ts'
import { invalid, parseBody } from '../backend/inputs.ts'
import { Problem } from '../errors/problem.ts'
import type { Principal } from '../identity/principal.ts'
import type { Answer, Inbound } from '../pipeline/ports.ts'
import { answerJson } from '../pipeline/respond.ts'
import { denied, requireAuditor } from './audit-auditor.ts'
import type { AuditParts } from './audit-book.ts'
import { parseDisposition, parseReview } from './audit-judgement.ts'
import { actorDetail } from './audit-reading.ts'
import { createReader } from './audit-records.ts'
import { type KeptReport, listDates, readReport } from './audit-reports.ts'
import { claimReview } from './audit-reviews.ts'

const mostFindings = 200
const mostReports = 35
const atOnce = 8
const findingForm = /^fnd_[0-9a-f]{24}$/

/**
 * `POST /api/audit/reports/{date}/review`: an auditor of the home tenant, at the console, signs a report off or refuses
 * to; once, and not where it speaks of what that person did.
 */
export async function answerReview(inbound: Inbound, parts: AuditParts): Promise<Answer> {
  const principal = await requireAuditor(inbound, parts, { platform: true, control: true })
  const given = parseReview(parseBody(inbound.body, inbound.headers['content-type'] ?? ''))
  const date = inbound.operation
  const report = await readReport(parts, date)
  if (given.digest !== undefined && given.digest !== report.digest) {
    throw invalid([{ pointer: '/digest', detail: 'is not that of the report' }])
  }
  await requireUnconcerned(principal, report, parts)
  const { decision } = given
  const claim = await claimReview(parts, { date, principal, decision })
  const comment = await keepComment(commentPorts(parts), given.comment)
  const detail = { ...actorDetail(principal), date, digest: report.digest, decision, ...comment }
  const place = await parts.ports.audit.recordEvent({ kind: 'review', detail })
  await claim.finish(place)
  return answerJson(200, { date, digest: report.digest, decision, place })
}

/** `POST /api/audit/findings/{id}/disposition`: what is thought of a finding; the newest counts. */
export async function answerDisposition(inbound: Inbound, parts: AuditParts): Promise<Answer> {
  const principal = await requireAuditor(inbound, parts, { platform: true, control: true })
  const given = parseDisposition(parseBody(inbound.body, inbound.headers['content-type'] ?? ''))
  const finding = inbound.operation
  const { date, report } = await findReport(parts, finding, given.date)
  await requireUnconcerned(principal, report, parts)
  const comment = await keepComment(commentPorts(parts), given.comment)
  const { disposition, owner } = given
  const judged = { finding, date, disposition, ...(owner === undefined ? {} : { owner: owner.toLowerCase() }) }
  const detail = { ...actorDetail(principal), ...judged, ...comment }
  const place = await parts.ports.audit.recordEvent({ kind: 'disposition', detail })
  return answerJson(200, { ...judged, place })
}

/** The newest report that names the finding, among the newest 35; Problem `operation_unknown` where none does. */
async function findReport(parts: AuditParts, finding: string, date: string | undefined) {
  const isKnown = findingForm.test(finding)
  const dates = date === undefined ? (await listDates(parts)).slice(0, mostReports) : [date]
  for (const each of isKnown ? dates : []) {
    const report = await readReport(parts, each)
    if (findingsIn(report.content).some(({ id }) => id === finding)) return { date: each, report }
  }
  throw new Problem('operation_unknown', 'No report names this finding.')
}

/**
 * Nobody judges what they did: refused to whom the report names as an actor, and to the person behind a call that one of
 * its findings stands at. Throws Problem `policy_denied`.
 */
async function requireUnconcerned(principal: Principal, { content }: KeptReport, parts: AuditParts): Promise<void> {
  const isNamed = isConcerned(content, principal.oid.toLowerCase())
  if (isNamed || (await isBehindFinding(principal, content, parts))) {
    throw denied('operator_concerned', 'The report speaks of what you did: somebody else has to judge it.')
  }
}

async function isBehindFinding(
  principal: Principal,
  content: KeptReport['content'],
  parts: AuditParts,
): Promise<boolean> {
  const { rows } = parts.book
  const placed = findingsIn(content)
    .filter(({ seq }) => seq >= 0)
    .slice(0, mostFindings)
  if (placed.length === 0) return false
  const listed = (await listLeases(rows)).map(({ lane, segment }) => [lane, segment] as const)
  // The report is signed; the directory is not.
  const newest = new Map([...listed, ...segmentsOf(content)])
  const actors = await mapSome(placed, atOnce, async ({ lane, seq }) => {
    const place = await locateRow(rows, { lane, seq, newest: newest.get(lane) ?? 0 })
    return place && actorAt(parts, place)
  })
  return actors.includes(principal.oid)
}

/** The segments that the report's lanes had reached. */
function segmentsOf({ scope }: KeptReport['content']): (readonly [string, number])[] {
  const { lanes = [] } = (scope ?? {}) as { readonly lanes?: readonly { lane: string; segment: number }[] }
  return lanes.map(({ lane, segment }) => [lane, segment])
}

/** Who acted at a place: of an outcome, who made the call. What cannot be believed may still name somebody. */
async function actorAt(parts: AuditParts, place: RowPosition): Promise<unknown> {
  const row = await readAny(parts, place)
  const intent = row?.outcome === undefined ? row : await readAny(parts, row.outcome.intent)
  return intent?.intent?.principal.oid ?? row?.detail?.oid
}

async function readAny(parts: AuditParts, place: RowPosition): Promise<RowDocument | null> {
  const found = await readChecked(createReader(parts), place)
  if ('row' in found) return found.row
  const { lane, segment, seq } = place
  const stored = await parts.book.rows.read('rows', partitionKey(lane, segment), rowKey(seq))
  return stored && readDocument(stored)
}

function commentPorts({ book, ports, wait }: AuditParts) {
  const random = (size: number) => Buffer.from(ports.randomHex(size), 'hex')
  return { rows: book.rows, pacing: { clock: ports.now, wait, random } }
}
