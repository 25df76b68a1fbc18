import type { Approval } from '../approval/approval.ts'
import { replaceSurely } from '../approval/replace-surely.ts'
import { cancelRequest, isoTime } from '../approval/states.ts'
import { findRecords } from '../audit/index-records.ts'
import type { Principal } from '../identity/principal.ts'
import { createReader } from './audit-records.ts'
import type { ControlParts } from './control-person.ts'

/** Longest that a request can be open and an approval then be used: a week and a day. */
const approvalsMs = 9 * 24 * 3_600_000
/** No call takes longer than this to be answered. */
const flightMs = 10 * 60_000
const mostListed = 50

/** What a stop found: requests that it took back, those that it could not, and calls that were with a backend. */
export interface Stopped {
  readonly voided: readonly string[]
  readonly unsettled: readonly string[]
  readonly inFlight: readonly Flight[]
  /** Calls of other instances are known from the book up to then (ISO 8601 UTC); null: not at all. */
  readonly inFlightKnownUpTo: string | null
}

interface Flight {
  readonly decisionId: string
  readonly backend: string
  readonly operation: string
  readonly since: string
}

/** After a suspension is in force: takes back what the agent still could use, and says what it cannot stop any more. */
export async function stopWork(principal: Principal, actor: string, parts: ControlParts): Promise<Stopped> {
  const [approvals, flights] = await Promise.all([
    voidApprovals(principal, actor, parts),
    findFlights(principal, actor, parts),
  ])
  return { ...approvals, ...flights }
}

async function voidApprovals(principal: Principal, actor: string, { ports }: ControlParts) {
  const since = ports.now() - approvalsMs
  const all = await ports.approvals.list(principal.tid, since).catch(() => null)
  const isTheirs = ({ request: { subject } }: Approval) => subject.oid === principal.oid && subject.actor === actor
  const voided: string[] = []
  const unsettled: string[] = all === null ? ['unknown'] : []
  for (const approval of (all ?? []).filter(isTheirs)) {
    const fate = await voidOne(approval, principal, { ports }).catch(() => 'unsettled' as const)
    if (fate === 'voided') voided.push(approval.request.id)
    if (fate === 'unsettled') unsettled.push(approval.request.id)
  }
  return { voided, unsettled }
}

/** First into the book, as every change of an approval. */
async function voidOne(
  approval: Approval,
  { tid, oid, actor }: Principal,
  { ports }: Pick<ControlParts, 'ports'>,
): Promise<'voided' | 'unsettled' | 'over'> {
  const next = cancelRequest(approval.progress, ports.now())
  if (next === null) return 'over'
  const detail = { step: 'cancel', id: approval.request.id, tid, oid, azp: actor }
  await ports.audit.recordEvent({ kind: 'approval', detail })
  const etag = await replaceSurely(ports.approvals, approval, next)
  return etag === null ? 'unsettled' : 'voided'
}

/** This instance knows its own calls; what others have is in the book once it is indexed. */
async function findFlights({ tid, oid }: Principal, actor: string, parts: ControlParts) {
  const own: Flight[] = parts.ports.inFlight
    .of({ tid, oid, actor })
    .map(({ decisionId, backend, operation, since }) => ({ decisionId, backend, operation, since: isoTime(since) }))
  const book = await findOpenIntents({ tid, oid, actor }, parts).catch(() => null)
  const others = (book?.flights ?? []).filter(({ decisionId }) => own.every((one) => one.decisionId !== decisionId))
  return { inFlight: [...own, ...others], inFlightKnownUpTo: book?.indexedUpTo ?? null }
}

interface Who {
  readonly tid: string
  readonly oid: string
  readonly actor: string
}

async function findOpenIntents({ tid, oid, actor }: Who, parts: ControlParts) {
  const now = parts.ports.now()
  const selectors = [
    { dimension: 'person', value: oid },
    { dimension: 'agent', value: actor },
    { dimension: 'verdict', value: 'permit' },
  ] as const
  const query = { tenants: [tid], selectors, window: { since: now - flightMs, until: now }, after: null }
  const reading = { rows: parts.book.rows, reader: createReader(parts) }
  const page = await findRecords(reading, { ...query, open: false, limit: mostListed })
  const flights = page.records.flatMap(({ decisionId, intent, outcome, time }) => {
    if (decisionId === undefined || intent === undefined || outcome !== null) return []
    return [{ decisionId, backend: intent.backend, operation: intent.operation, since: time ?? '' }]
  })
  return { flights, indexedUpTo: page.indexedUpTo }
}
