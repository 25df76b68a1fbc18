/**
 * A week of a small company, written by the real writer into memory with a clock of its own: three persons, two agents,
 * three backends, approvals, refusals, an erasure, reviews. Everything that a report can say is in it once.
 */
import { createHash } from 'node:crypto'
import { createPeriod } from '../../shared/audit/period.ts'
import type { PeriodFacts } from '../../shared/audit/period-facts.ts'
import type { EventFacts, IntentFacts, OutcomeFacts, RowDocument } from '../../shared/audit/record.ts'
import { type AuditWriter, createAuditWriter } from '../../shared/audit/writer.ts'
import { called, digest, key, kid, origin, permitted } from '../unit/audit/fixture.ts'
import { createMemoryRows, type MemoryRows } from '../unit/audit/memory-rows.ts'

const tenant = '7c1f0d52-9a3e-4b61-8f0e-2d5a6b9c4e10'
const people = {
  alice: '2b9de1c4-51f7-4a0c-9d3e-7f6a0b1c2d3e',
  bob: '9f3a7b20-0c4d-4e88-b1aa-5c6d7e8f9012',
  carol: 'c05e8d17-6b2f-49f3-8a7d-13e4f5a6b7c8',
  ada: 'e71b4c93-8d5a-4f26-a0b9-68c7d8e9f0a1',
} as const
const agents = {
  copilot: '5d0c2f1e-3b4a-4c9d-8e7f-a1b2c3d4e5f6',
  reports: '81e4a9c0-7d6b-45f2-93a8-0f1e2d3c4b5a',
} as const

/** One call of the week. */
interface Call {
  readonly person: keyof typeof people
  readonly agent: keyof typeof agents
  readonly intent?: Partial<IntentFacts>
  readonly outcome?: Partial<OutcomeFacts>
}

const drop = (path: string, label: string, strategy: string) => ({ path, label, strategy })
const orders = { backend: 'azure-postgresql', operation: 'query' } as const
const lake = { backend: 'databricks-sql', operation: 'run-statement' } as const
const files = { backend: 'azure-storage-blob', operation: 'read-file' } as const
const byToken = { source: 'token', method: 'oid', checkedAt: '2026-11-21T10:00:00.000Z', matches: null } as const

const calls: readonly (readonly [times: number, Call])[] = [
  [41, { person: 'alice', agent: 'copilot', intent: orders, outcome: { labels: ['pii.contact', 'pii.name'] } }],
  [
    23,
    {
      person: 'bob',
      agent: 'reports',
      intent: orders,
      outcome: { labels: ['finance.amount'], masked: [drop('/columns/iban', 'pii.bank', 'null')] },
    },
  ],
  [
    17,
    {
      person: 'carol',
      agent: 'copilot',
      intent: lake,
      outcome: {
        labels: ['pii.birth', 'pii.contact'],
        masked: [drop('/columns/email', 'pii.contact', 'partial'), drop('/columns/note', 'unclassified', 'drop')],
      },
    },
  ],
  [9, { person: 'alice', agent: 'reports', intent: files, outcome: { labels: [], masked: [], identity: byToken } }],
  [2, { person: 'bob', agent: 'copilot', intent: files, outcome: { recording: digest, labels: ['contract'] } }],
  [1, { person: 'bob', agent: 'copilot', intent: lake, outcome: { status: 'unknown', code: 'backend_timeout' } }],
  [
    2,
    {
      person: 'carol',
      agent: 'copilot',
      intent: { ...orders, effect: 'write', approval: { id: 'apr-1', voters: [people.bob] } },
      outcome: { labels: [], rows: 0 },
    },
  ],
  [
    1,
    {
      person: 'bob',
      agent: 'copilot',
      intent: { ...orders, effect: 'delete', approval: { id: 'apr-2', voters: [people.carol] } },
      outcome: { labels: [], rows: 0 },
    },
  ],
]

const refused: readonly (readonly [times: number, keyof typeof people, Partial<IntentFacts>])[] = [
  [6, 'alice', { ...orders, effect: 'delete', reasons: ['not_permitted'] }],
  [2, 'carol', { ...lake, reasons: ['dangerous_statement', 'multiple_statements'] }],
]

/** Rows in memory, and a clock that every call moves on by some minutes. */
export interface Week {
  readonly rows: MemoryRows
  readonly clock: { now: number }
}

/** Writes the week's rows from `from` (ISO) on. */
export async function writeWeek(from: string): Promise<Week> {
  const rows = createMemoryRows()
  const clock = { now: Date.parse(from) }
  let drawn = 0
  const random = (size: number) => createHash('sha512').update(`draw ${drawn++}`).digest().subarray(0, size)
  const keys = { current: async () => ({ kid, key }) }
  const writer = createAuditWriter({ rows, keys, clock: () => clock.now, random, origin })
  const tick = () => {
    clock.now += 7 * 60_000
  }
  for (const [times, call] of calls) for (let at = 0; at < times; at++) await play(writer, call, tick)
  for (const [times, person, intent] of refused)
    for (let at = 0; at < times; at++) await refuse(writer, { person, intent }, tick)
  for (const event of events) {
    await writer.recordEvent(event)
    tick()
  }
  // One whose outcome never comes.
  await writer.recordPermitted(permitted('left-open', asPerson('carol', 'copilot', lake)))
  clock.now += 3_600_000
  await writer.close()
  return { rows, clock }
}

let decision = 0

function asPerson(person: keyof typeof people, agent: keyof typeof agents, intent: Partial<IntentFacts> = {}) {
  const { principal, context } = permitted('')
  const roles = person === 'bob' ? ['Countersign.Approver', 'Countersign.Auditor'] : []
  return {
    principal: { ...principal, tid: tenant, oid: people[person], azp: agents[agent] },
    context: { ...context, roles },
    ...intent,
  }
}

async function play(writer: AuditWriter, { person, agent, intent, outcome }: Call, tick: () => void): Promise<void> {
  const facts = permitted(`decision-${decision++}`, asPerson(person, agent, intent))
  const receipt = await writer.recordPermitted(facts)
  await writer.recordOutcome(receipt, called({ masked: [], ...outcome }))
  tick()
}

async function refuse(
  writer: AuditWriter,
  { person, intent }: { person: keyof typeof people; intent: Partial<IntentFacts> },
  tick: () => void,
): Promise<void> {
  const facts = {
    ...permitted(`decision-${decision++}`, asPerson(person, 'copilot', intent)),
    verdict: 'deny' as const,
  }
  const receipt = await writer.recordRefused(facts)
  await writer.recordOutcome(receipt, called({ status: 'not-called', code: 'policy_denied', labels: [], masked: [] }))
  tick()
}

const next = 'audit-hmac-2026-12/77aa88bb'
const events: readonly EventFacts[] = [
  { kind: 'start', detail: { settings: digest, build: 'cd'.repeat(32) } },
  { kind: 'policy', detail: { from: 'ab'.repeat(32), to: 'ef'.repeat(32) } },
  { kind: 'keychange', detail: { from: kid, to: next } },
  { kind: 'approval', detail: { step: 'request', id: 'apr-1', tid: tenant, oid: people.carol } },
  { kind: 'approval', detail: { step: 'vote', id: 'apr-1', tid: tenant, oid: people.bob, decision: 'approve' } },
  { kind: 'approval', detail: { step: 'vote', id: 'apr-2', tid: tenant, oid: people.carol, decision: 'approve' } },
  { kind: 'approval', detail: { step: 'forged', id: 'unknown', tid: tenant } },
  { kind: 'erasure', detail: { decisions: 14, ticket: '5e'.repeat(32), reason: '6f'.repeat(32) } },
  { kind: 'retention', detail: { lane: 'L03', segment: 1, root: '9a'.repeat(32) } },
  { kind: 'hold', detail: { state: 'set', scope: 'all', ticket: '1b'.repeat(32) } },
  { kind: 'read', detail: { tid: tenant, oid: people.ada, what: 'records', count: 40 } },
  { kind: 'read', detail: { tid: tenant, oid: people.ada, what: 'report', count: 1 } },
  { kind: 'report', detail: { date: '2026-11-20', verdict: 'PASS', digest } },
  { kind: 'review', detail: { date: '2026-11-19', digest, oid: people.ada, decision: 'accepted' } },
  { kind: 'review', detail: { date: '2026-11-20', digest, oid: people.bob, decision: 'rejected' } },
  { kind: 'heartbeat', detail: { calls: 104 } },
]

/** What the rows say, as a verifier collects it. */
export function collectPeriod({ tables }: MemoryRows): PeriodFacts {
  const period = createPeriod()
  for (const entity of tables.rows.values()) {
    if (entity.rowKey === '!head') continue
    period.add(JSON.parse(Buffer.from(entity.properties.c as Uint8Array).toString('utf8')) as RowDocument)
  }
  return period.facts()
}
