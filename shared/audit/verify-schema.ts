import type { Json } from './canonical.ts'
import { type RowDocument, type RowKind, rowVersion } from './record.ts'
import {
  type Cursor,
  count,
  either,
  isObject,
  keep,
  listOf,
  type Members,
  mapOf,
  oneOf,
  pattern,
  type Rule,
  scalar,
  shape,
  text,
} from './verify-rules.ts'

const digest = pattern(/^[0-9a-f]{64}$/)
const time = pattern(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/)
const texts = listOf(text)
const kinds = oneOf('person', 'guest', 'app', 'agent-for-person', 'agent-user')
const digests = ['policy', 'schema', 'classification', 'declaration', 'settings', 'build']

const intent = shape(
  {
    principal: shape(
      { kind: kinds, tid: keep('tenant', text), oid: text, azp: text, tokenId: text, acrs: texts },
      { blueprint: text },
    ),
    backend: text,
    operation: text,
    effect: oneOf('read', 'write', 'delete', 'admin'),
    reads: texts,
    writes: texts,
    verdict: keep('verdict', oneOf('permit', 'deny', 'pending')),
    rules: texts,
    reasons: texts,
    obligations: listOf(mapOf(scalar, 'kind')),
    context: mapOf(either(scalar, texts)),
    digests: shape(Object.fromEntries(digests.map((name) => [name, text]))),
    personal: shape(
      {},
      {
        partition: text,
        id: text,
        inputs: digest,
        statement: digest,
        purpose: digest,
        claimedAgent: digest,
        claimedConversation: digest,
      },
    ),
  },
  { approval: shape({ id: keep('approval', text), voters: texts }) },
)

const outcome = shape(
  {
    status: keep('verdict', oneOf('not-called', 'called', 'unknown')),
    code: text,
    backendIds: mapOf(text),
    identity: shape({
      source: oneOf('backend', 'token', 'none'),
      method: text,
      checkedAt: time,
      matches: oneOf(true, false, null),
    }),
    rows: count,
    bytes: count,
    labels: texts,
    masked: listOf(shape({ path: text, label: text, strategy: text })),
    intent: shape({
      lane: keep('intentLane', text),
      segment: count,
      seq: keep('intentSeq', count),
      mac: keep('intentMac', digest),
    }),
  },
  { recording: digest, flow: keep('flow', oneOf('left', 'held')), evidence: keep('evidence', text) },
)

const place: Members = {
  v: oneOf(rowVersion),
  origin: keep('origin', text),
  lane: keep('lane', text),
  segment: keep('segment', count),
  seq: keep('seq', count),
  kid: keep('kid', text),
  kind: keep('kind', text),
  time: keep('time', time),
}
const event = shape({ ...place, detail: mapOf(scalar) })

const rows: Readonly<Record<RowKind, Rule>> = {
  intent: shape({ ...place, decisionId: keep('decisionId', text), traceId: text, intent }),
  outcome: shape({ ...place, decisionId: keep('decisionId', text), outcome }, { traceId: text }),
  'lane-open': shape({ ...place, detail: shape({ nonce: text }) }),
  keychange: shape({ ...place, detail: shape({ from: text, to: text }) }),
  start: event,
  policy: event,
  heartbeat: event,
  read: event,
  approval: event,
  report: event,
  review: event,
  disposition: event,
  erasure: event,
  retention: event,
  hold: event,
  suspension: event,
  'break-glass': event,
  delegation: event,
  notice: event,
  release: event,
}

/** What the checks look at in a row, whichever way it was read. `verdict` is the status of an outcome. */
export interface RowFacts {
  readonly origin: string
  readonly lane: string
  readonly segment: number
  readonly seq: number
  readonly kid: string
  readonly kind: string
  readonly time: string
  readonly decisionId?: string | undefined
  readonly tenant?: string | undefined
  readonly verdict?: string | undefined
  /** The approval that an intent names. */
  readonly approval?: string | undefined
  /** The intent that an outcome or a release names. */
  readonly intentLane?: string | undefined
  readonly intentSeq?: number | undefined
  readonly intentMac?: string | undefined
  /** Of an outcome: what became of an answer that flows; what the reconciler found out. */
  readonly flow?: string | undefined
  readonly evidence?: string | undefined
  /** The decision of a release, which names its intent as an outcome does. */
  readonly releases?: string | undefined
  /** Events only. */
  readonly detail?: RowDocument['detail'] | undefined
}

/**
 * Reads the text of an intent or an outcome in one pass, without parsing it; null where it is another kind or is not
 * written plainly, which `isRowDocument` then judges. Never takes what parsing would refuse.
 */
export function scanRow(text: string, kind: unknown): RowFacts | null {
  if (kind !== 'intent' && kind !== 'outcome') return null
  const cursor: Cursor = { text, at: 0, kept: emptyFacts() }
  if (!rows[kind].scan(cursor) || cursor.at !== text.length) return null
  return cursor.kept.kind === kind ? (cursor.kept as unknown as RowFacts) : null
}

/** Whether a parsed row has exactly the members of its kind, each of its type (docs/audit-format.md). */
export function isRowDocument(value: Json): boolean {
  if (!isObject(value) || typeof value.kind !== 'string' || !Object.hasOwn(rows, value.kind)) return false
  return rows[value.kind as RowKind].check(value)
}

/** The same facts from a row that was parsed. */
export function factsOf({ intent, outcome, ...row }: RowDocument): RowFacts {
  const { origin, lane, segment, seq, kid, kind, time, decisionId, detail } = row
  return {
    ...{ origin, lane, segment, seq, kid, kind, time, decisionId, detail },
    tenant: intent?.principal.tid,
    verdict: intent?.verdict ?? outcome?.status,
    approval: intent?.approval?.id,
    intentLane: outcome?.intent.lane,
    intentSeq: outcome?.intent.seq,
    intentMac: outcome?.intent.mac,
    flow: outcome?.flow,
    evidence: outcome?.evidence,
    ...(kind === 'release' ? releaseOf(detail) : {}),
  }
}

/** What is not of its type is none, and is found as a release of nothing. */
function releaseOf({ decisionId, lane, seq }: NonNullable<RowDocument['detail']> = {}): Partial<RowFacts> {
  return {
    releases: typeof decisionId === 'string' ? decisionId : '',
    ...(typeof lane === 'string' ? { intentLane: lane } : {}),
    ...(typeof seq === 'number' ? { intentSeq: seq } : {}),
  }
}

// All members at once, so that the facts of every row have the same hidden shape.
function emptyFacts(): Cursor['kept'] {
  return {
    origin: '',
    lane: '',
    segment: 0,
    seq: 0,
    kid: '',
    kind: '',
    time: '',
    decisionId: undefined,
    tenant: undefined,
    verdict: undefined,
    approval: undefined,
    intentLane: undefined,
    intentSeq: undefined,
    intentMac: undefined,
    flow: undefined,
    evidence: undefined,
  }
}

const head = shape({
  v: oneOf(rowVersion),
  origin: text,
  lane: text,
  segment: count,
  first: count,
  nextSeq: count,
  mac: digest,
  prev: digest,
  kid: text,
  batchId: text,
  term: count,
  state: oneOf('open', 'closed'),
  opened: time,
})

/** Whether a parsed head has exactly the members of a head. */
export function isHeadDocument(value: Json): boolean {
  return head.check(value)
}

/** The columns that disagree with the members that they copy, and properties that no row has. */
export function findColumnMismatches(row: RowFacts, columns: Readonly<Record<string, unknown>>): readonly string[] {
  const isSame =
    columns.kid === row.kid &&
    columns.kind === row.kind &&
    columns.ts === row.time &&
    columns.decisionId === row.decisionId &&
    columns.tenant === row.tenant &&
    columns.verdict === row.verdict
  const strange = findStrange(row, columns)
  if (isSame && strange.length === 0) return []
  const { kid, kind, time: ts, decisionId, tenant, verdict } = row
  const expected: Readonly<Record<string, string | undefined>> = { kid, kind, ts, decisionId, tenant, verdict }
  return [...Object.keys(expected).filter((name) => columns[name] !== expected[name]), ...strange]
}

const always = ['c', 'prev', 'mac', 'kid', 'kind', 'ts'] as const
const none: readonly string[] = []

function findStrange(row: RowFacts, columns: Readonly<Record<string, unknown>>): readonly string[] {
  const more =
    Number(row.decisionId !== undefined) + Number(row.tenant !== undefined) + Number(row.verdict !== undefined)
  const names = Object.keys(columns)
  if (columns.c !== undefined && names.length === always.length + more) return none
  const known: readonly string[] = [...always, 'decisionId', 'tenant', 'verdict']
  return names.filter((name) => !known.includes(name) && !/^c\d+$|^odata\.|@odata\./.test(name))
}
