import type { Json } from './canonical.ts'
import { type RowDocument, type RowKind, rowVersion } from './record.ts'

type Check = (value: Json | undefined) => boolean
interface Members {
  readonly [name: string]: Check
}

const text: Check = (value) => typeof value === 'string'
const flag: Check = (value) => typeof value === 'boolean'
const count: Check = (value) => typeof value === 'number' && value >= 0
const digest: Check = (value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)
const time: Check = (value) => typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/.test(value)
const texts = listOf(text)
const scalar: Check = (value) => text(value) || flag(value) || typeof value === 'number'

function oneOf(...values: readonly Json[]): Check {
  return (value) => value !== undefined && values.includes(value)
}

function listOf(check: Check): Check {
  return (value) => Array.isArray(value) && value.every((item) => check(item as Json))
}

function mapOf(check: Check): Check {
  return (value) => isObject(value) && Object.values(value).every(check)
}

/** Every required member, and no member but these: what is not in the specification cannot hide in a row. */
function shape(required: Members, optional: Members = {}): Check {
  const all = { ...optional, ...required }
  const needed = Object.keys(required)
  return (value) => {
    if (!isObject(value)) return false
    for (const name in value) if (!Object.hasOwn(all, name) || !all[name]?.(value[name])) return false
    return needed.every((name) => value[name] !== undefined)
  }
}

function isObject(value: Json | undefined): value is { readonly [name: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const obligation: Check = (value) => isObject(value) && text(value.kind) && mapOf(scalar)(value)
const kinds = oneOf('person', 'guest', 'app', 'agent-for-person', 'agent-user')
const digests = ['policy', 'schema', 'classification', 'declaration', 'settings', 'build']

const intent = shape(
  {
    principal: shape({ kind: kinds, tid: text, oid: text, azp: text, tokenId: text, acrs: texts }, { blueprint: text }),
    backend: text,
    operation: text,
    effect: oneOf('read', 'write', 'delete', 'admin'),
    reads: texts,
    writes: texts,
    verdict: oneOf('permit', 'deny', 'pending'),
    rules: texts,
    reasons: texts,
    obligations: listOf(obligation),
    context: mapOf((value) => scalar(value) || texts(value)),
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
  { approval: shape({ id: text, voters: texts }) },
)

const outcome = shape(
  {
    status: oneOf('not-called', 'called', 'unknown'),
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
    intent: shape({ lane: text, segment: count, seq: count, mac: digest }),
  },
  { recording: digest },
)

const place: Members = {
  v: oneOf(rowVersion),
  origin: text,
  lane: text,
  segment: count,
  seq: count,
  kid: text,
  kind: text,
  time,
}
const event = shape({ ...place, detail: mapOf(scalar) })

const rows: Readonly<Record<RowKind, Check>> = {
  intent: shape({ ...place, decisionId: text, traceId: text, intent }),
  outcome: shape({ ...place, decisionId: text, outcome }, { traceId: text }),
  'lane-open': shape({ ...place, detail: shape({ nonce: text }) }),
  keychange: shape({ ...place, detail: shape({ from: text, to: text }) }),
  start: event,
  policy: event,
  heartbeat: event,
  read: event,
}

/** Whether a parsed row has exactly the members of its kind, each of its type (docs/audit-format.md). */
export function isRowDocument(value: Json): boolean {
  if (!isObject(value) || typeof value.kind !== 'string' || !Object.hasOwn(rows, value.kind)) return false
  return rows[value.kind as RowKind](value)
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
  return head(value)
}

/** The columns that disagree with the members that they copy. */
export function findColumnMismatches(row: RowDocument, columns: Readonly<Record<string, unknown>>): string[] {
  const expected: Record<string, string | undefined> = {
    kid: row.kid,
    kind: row.kind,
    ts: row.time,
    decisionId: row.decisionId,
    tenant: row.intent?.principal.tid,
    verdict: row.intent?.verdict ?? row.outcome?.status,
  }
  return Object.keys(expected).filter((name) => columns[name] !== expected[name])
}
