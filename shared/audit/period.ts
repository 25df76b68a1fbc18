import { unclassifiedLabel } from '../masking/labels.ts'
import { type Collector, createCollector, mergeFacts } from './period-collect.ts'
import type { EarlyOutcome, InForce, OpenIntent, PeriodFacts } from './period-facts.ts'
import type { RowDocument } from './record.ts'

/** Collects, row by row, what the report says about a stretch of the book. */
export interface Period {
  /** A row that verified; each once, in any order. */
  add(row: RowDocument): void
  facts(): PeriodFacts
}

/** Starts a period. Memory is bounded by distinct persons, agents and classes of data, not by rows. */
export function createPeriod(): Period {
  const collector = createCollector(addPair)
  return {
    add(row) {
      collector.stretch(row.time)
      collector.count('rows', [row.kind])
      if (row.intent) addIntent(collector, row, row.intent)
      else if (row.outcome) addOutcome(collector, row, row.outcome)
      else addEvent(collector, row)
    },
    facts: collector.facts,
  }
}

/**
 * One period of several, in any order. Intents and outcomes that stood in different ones are paired; what is then left
 * stays in `open` and `early`. No row may be in two of them.
 */
export function mergePeriods(periods: readonly PeriodFacts[]): PeriodFacts {
  const collector = createCollector(addPair)
  for (const facts of periods) mergeFacts(collector, facts)
  return collector.facts()
}

/** What a night hands on to the next: only what still waits for its other half. Merge it with the next night's periods. */
export function carryOver({ open, early }: PeriodFacts): PeriodFacts {
  return { ...createPeriod().facts(), open, early }
}

/** The facts, where `value` is a period of this version; null otherwise. */
export function readPeriod(value: unknown): PeriodFacts | null {
  const facts = value as Partial<PeriodFacts> | null
  const isPeriod = typeof facts === 'object' && facts !== null && facts.version === 1 && facts.tallies !== undefined
  return isPeriod ? (facts as PeriodFacts) : null
}

type Intent = NonNullable<RowDocument['intent']>
type Outcome = NonNullable<RowDocument['outcome']>

function addIntent(into: Collector, row: RowDocument, intent: Intent): void {
  const { principal, effect, verdict, backend, operation } = intent
  const { tid, oid, azp, kind } = principal
  into.count('calls', [kind, effect, verdict, backend, operation])
  // An application alone is nobody: it is counted as an agent, and not among persons.
  into.count('callers', kind === 'app' ? ['', '', azp, verdict] : [tid, oid, azp, verdict])
  if (verdict !== 'permit') for (const reason of intent.reasons) into.count('refusals', [backend, verdict, reason])
  for (const role of rolesOf(intent)) into.count('roles', [tid, oid, role])
  const voters = verdict === 'permit' ? (intent.approval?.voters ?? []) : []
  for (const voter of voters) into.count('approvedBy', [tid, oid, voter])
  seeDigests(into, row, intent)
  const { lane, seq, time, decisionId = '' } = row
  into.intent({ decisionId, lane, seq, time, tid, oid, azp, backend, operation, effect, verdict })
}

function rolesOf({ context }: Intent): readonly string[] {
  return Array.isArray(context.roles) ? (context.roles as readonly string[]) : []
}

const ofBackend: ReadonlySet<string> = new Set(['classification', 'declaration'])

function seeDigests(into: Collector, { time }: RowDocument, { digests, backend }: Intent): void {
  for (const [what, digest] of Object.entries(digests) as [InForce['what'], string][]) {
    if (digest === '') continue
    into.see({ what, of: ofBackend.has(what) ? backend : '', digest, first: time, last: time, rows: 1 })
  }
}

function addOutcome(into: Collector, { decisionId = '', time }: RowDocument, outcome: Outcome): void {
  const { status, code, rows, labels, masked, identity, recording, evidence } = outcome
  const { source, method, matches } = identity
  into.outcome({
    ...{ decisionId, time, status, code, rows, labels, masked },
    ...{ lane: outcome.intent.lane, seq: outcome.intent.seq },
    identity: { source, method, matches },
    isRecorded: recording !== undefined,
    ...(outcome.backendIds.changedTool === undefined ? {} : { isToolChanged: true }),
    evidence: evidence ?? null,
  })
}

const proofs = new Map([
  [true, 'yes'],
  [false, 'no'],
])

function addPair(into: Collector, intent: OpenIntent, outcome: EarlyOutcome): void {
  const { backend } = intent
  const { status, code, identity } = outcome
  into.count('outcomes', [backend, status, code])
  if (isLate(intent.time, outcome.time)) into.late({ lane: intent.lane, seq: intent.seq, time: outcome.time })
  if (outcome.isRecorded) into.count('recorded', [backend])
  const { time, lane, seq } = intent
  if (outcome.isToolChanged) into.changedTool({ backend, calls: 1, time, lane, seq })
  if (status === 'not-called') return
  const matches = identity.matches === null ? 'unknown' : (proofs.get(identity.matches) ?? 'unknown')
  into.count('identity', [backend, identity.source, identity.method, matches])
  if (status === 'unknown') into.unknown({ ...intent, evidence: outcome.evidence })
  addAccess(into, intent, outcome)
}

/** Verification reports an intent that has no outcome after a quarter of an hour. */
const lateMs = 15 * 60 * 1000

function isLate(asked: string, closed: string): boolean {
  return Date.parse(closed) - Date.parse(asked) > lateMs
}

/** A call without any class of data still counts, under an empty name: somebody saw something that nobody classified. */
function addAccess(into: Collector, intent: OpenIntent, { labels, masked, code, rows }: EarlyOutcome): void {
  const { tid, oid, azp, backend, operation, effect } = intent
  const withheld = new Set(masked.map(({ label }) => label))
  const extentOf = (label: string) => (withheld.has(label) ? 'part' : 'clear')
  for (const label of labels) into.count('access', [tid, oid, azp, backend, label, extentOf(label)])
  const gone = [...withheld].filter((label) => label !== unclassifiedLabel && !labels.includes(label))
  for (const label of gone) into.count('access', [tid, oid, azp, backend, label, 'withheld'])
  const isData = code === 'ok' && (effect === 'read' || rows > 0)
  if (isData && labels.length === 0 && gone.length === 0) {
    into.count('access', [tid, oid, azp, backend, '', 'clear'])
  }
  for (const { path, label, strategy } of masked) {
    into.count('masks', [backend, label, strategy])
    if (label === unclassifiedLabel) into.count('unclassified', [backend, operation, path, strategy])
  }
}

function addEvent(into: Collector, { kind, time, lane, seq, detail = {} }: RowDocument): void {
  if (kind === 'heartbeat' || kind === 'intent' || kind === 'outcome') return
  if (kind === 'start') addStart(into, time, detail)
  else if (kind === 'approval') addApproval(into, detail)
  else if (kind === 'read') into.count('reads', [text(detail.tid), text(detail.oid), text(detail.what)])
  const isNoted = kind !== 'start' && kind !== 'read' && (kind !== 'approval' || detail.step === 'forged')
  if (isNoted) into.note({ kind, time, lane, seq, detail })
}

type Detail = NonNullable<RowDocument['detail']>

function addStart(into: Collector, time: string, detail: Detail): void {
  for (const what of ['settings', 'build'] as const) {
    const digest = text(detail[what])
    if (digest !== '') into.see({ what, of: '', digest, first: time, last: time, rows: 1 })
  }
}

function addApproval(into: Collector, detail: Detail): void {
  const [tid, step] = [text(detail.tid), text(detail.step)]
  into.count('approvals', [tid, step, text(detail.decision)])
  if (detail.oid !== undefined) into.count('approvalSteps', [tid, text(detail.oid), step])
}

function text(value: string | number | boolean | undefined): string {
  return value === undefined ? '' : String(value)
}
