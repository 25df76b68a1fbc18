/**
 * Joins what was sent with what everybody else has seen of it: the book, the sign-in service, the orders API and the
 * database. Each join gives findings, and how many pairs it compared.
 */

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { BookRow } from './book.ts'
import type { Field } from './field.ts'
import { carol, identityOf } from './people.ts'
import type { SeenExchange } from './sts-tap.ts'
import type { IsolationWorld } from './world.ts'

export interface Joined {
  readonly findings: readonly string[]
  /** How many pairs each join compared. */
  readonly counts: Readonly<Record<string, number>>
}

interface Joining {
  readonly field: Field
  readonly rows: readonly BookRow[]
  readonly intents: ReadonlyMap<string, BookRow>
  readonly findings: string[]
  readonly counts: Record<string, number>
}

const mostFindings = 200

/** Reads every log and joins them. */
export async function joinAll(field: Field): Promise<Joined> {
  const rows = await readBook(field.world)
  const intents = new Map(rows.filter(({ kind }) => kind === 'intent').map((row) => [row.decisionId ?? '', row]))
  const joining: Joining = { field, rows, intents, findings: [], counts: {} }
  for (const join of [joinSenders, joinOutcomes, joinExchanges, joinOrders, joinDatabase, joinApprovals]) join(joining)
  return { findings: joining.findings.slice(0, mostFindings), counts: joining.counts }
}

async function readBook(world: IsolationWorld): Promise<BookRow[]> {
  const { code, stdout, stderr } = await world.script(fileURLToPath(new URL('./book.ts', import.meta.url)))
  if (code !== 0) throw new Error(`the book cannot be read: ${stderr}`)
  const lines = stdout.split('\n').filter((line) => line !== '')
  return lines.map((line) => JSON.parse(line) as BookRow)
}

function compare({ findings, counts }: Joining, join: string, wrong: string | false): void {
  counts[join] = (counts[join] ?? 0) + 1
  if (wrong !== false && findings.length < mostFindings) findings.push(`${join}: ${wrong}`)
}

const whose = ({ tid, oid }: { readonly tid: string; readonly oid: string }) => `${tid}/${oid}`

/** Each intent is of the person, token and agent that sent its trace; each governed answer has its intent. */
function joinSenders(joining: Joining): void {
  const byTrace = new Map<string, BookRow[]>()
  for (const intent of joining.intents.values()) {
    const { traceId = '' } = intent
    const known = byTrace.get(traceId) ?? []
    const isDouble = known.some((one) => !isAside(one, intent))
    byTrace.set(traceId, [...known, intent])
    compare(joining, 'book by trace', isDouble ? `two intents of ${traceId}` : isOther(joining, intent))
  }
  const answered = [...joining.field.sent].filter(([, sent]) => sent.governed && sent.answered)
  for (const [trace, sent] of answered) {
    const found = byTrace.get(trace)?.map(({ decisionId }) => decisionId)
    const isThis = found?.includes(sent.decisionId ?? found[0]) === true
    compare(joining, 'answers by decision', !isThis && `${sent.op} of ${sent.identity.name} has decision ${found}`)
  }
}

/** A call that others are asked about is looked at before: by another operation, which reads, of the same backend. */
function isAside(one: BookRow, other: BookRow): boolean {
  const isRead = (one.effect === 'read') !== (other.effect === 'read')
  return isRead && one.backend === other.backend && one.operation !== other.operation
}

function isOther({ field }: Joining, { decisionId, traceId = '', principal }: BookRow): string | false {
  const sent = field.sent.get(traceId)
  const found = principal && [whose(principal), principal.tokenId, principal.azp].join()
  if (sent === undefined) return `decision ${decisionId} is of no call that was sent`
  const expected = [whose(sent.identity), sent.uti, sent.azp].join()
  return found !== expected && `decision ${decisionId} is of ${found} instead of ${expected}`
}

/** No backend saw somebody else, and every intent has one outcome. */
function joinOutcomes(joining: Joining): void {
  const outcomes = new Map<string, number>()
  for (const { decisionId = '', matches, code } of joining.rows.filter(({ kind }) => kind === 'outcome')) {
    outcomes.set(decisionId, (outcomes.get(decisionId) ?? 0) + 1)
    compare(joining, 'outcomes', (matches === false || code === 'internal') && `${decisionId} ended as ${code}`)
  }
  const unrecorded = readUnrecorded(joining.field.world)
  for (const intent of joining.intents.values()) {
    const found = outcomes.get(intent.decisionId ?? '') ?? 0
    const isDeclared = found === 0 && unrecorded.has(intent.traceId ?? '')
    joinOutcome(joining, intent, { found, isDeclared })
  }
}

/** Calls that were broken off have their outcome like any other. */
function joinOutcome(
  joining: Joining,
  { decisionId, traceId = '' }: BookRow,
  { found, isDeclared }: { found: number; isDeclared: boolean },
): void {
  const isAnswered = joining.field.sent.get(traceId)?.answered === true
  const normal = isAnswered ? 'outcomes by intent' : 'outcomes of what was broken off'
  const isWrong = found !== 1 && !isDeclared
  compare(joining, isDeclared ? declaredOpen : normal, isWrong && `${decisionId} has ${found} outcomes`)
}

/** Intents whose outcome could not be written in time: the caller was refused the answer, and the log says so. */
export const declaredOpen = 'declared without an outcome'

function readUnrecorded(world: IsolationWorld): ReadonlySet<string> {
  const lines = world.log().split('\n')
  const refused = lines.filter((line) => line.startsWith('{') && line.includes('"code":"audit_unavailable"'))
  return new Set(refused.map((line) => (JSON.parse(line) as { traceId: string }).traceId))
}

/** Each exchange: the assertion is the caller's of that decision, the token that came back is the same person's. */
function joinExchanges(joining: Joining): void {
  for (const exchange of joining.field.world.exchanges) {
    compare(joining, exchange.status === 200 ? 'exchanges' : 'exchanges refused', judgeExchange(joining, exchange))
  }
}

function judgeExchange({ field, intents }: Joining, { assertion, token, tenant, correlation }: SeenExchange) {
  const who = whose(assertion)
  const owner = field.tokens.get(assertion.uti)
  const asked = intents.get(correlation)?.principal
  if (owner === undefined || whose(owner) !== who || tenant !== owner.tid) return `an assertion of ${who} at ${tenant}`
  const isAskers = asked === undefined || (asked.tokenId === assertion.uti && whose(asked) === who)
  if (!isAskers) return `${correlation} of ${whose(asked)} brought the assertion of ${who}`
  return token !== null && whose(token) !== who && `a token of ${whose(token)} for ${who}`
}

/** Whom the orders API saw under a decision is who asked for it; no Idempotency-Key is ever two people's. */
function joinOrders(joining: Joining): void {
  const keys = new Map<string, string>()
  for (const { caller, requestId = '', traceparent = '', idempotencyKey } of joining.field.world.orderCalls) {
    const row = joining.intents.get(requestId)
    const isTraced = traceparent.split('-')[1] === row?.traceId
    const isSame = row?.principal !== undefined && whose(row.principal) === whose(caller) && isTraced
    compare(joining, 'orders API', !isSame && `${requestId} was seen as ${whose(caller)} in trace ${traceparent}`)
    if (idempotencyKey === undefined) continue
    const owner = keys.get(idempotencyKey) ?? whose(caller)
    keys.set(idempotencyKey, owner)
    compare(
      joining,
      'idempotency keys',
      owner !== whose(caller) && `${idempotencyKey} is of ${owner} and ${whose(caller)}`,
    )
  }
}

const logged = / \[(\d+)\] user=(\S*) db=countersign app=countersign-([0-9a-f-]{36}) /

/** Whom the database saw under a decision is who asked for it; a connection serves the decisions of one person. */
function joinDatabase(joining: Joining): void {
  const owners = new Map<string, string>()
  for (const line of readFileSync(joining.field.world.databaseLog, 'utf8').split('\n')) {
    const [, pid, user = '', decisionId = ''] = logged.exec(line) ?? []
    if (pid !== undefined) joinStatement(joining, { pid, user, decisionId }, owners)
  }
  joining.counts['distinct connections'] = owners.size
}

interface Statement {
  readonly pid: string
  readonly user: string
  readonly decisionId: string
}

function joinStatement(joining: Joining, { pid, user, decisionId }: Statement, owners: Map<string, string>): void {
  const principal = joining.intents.get(decisionId)?.principal
  const identity = principal && identityOf(principal.tid, principal.oid)
  const name = identity?.name ?? 'nobody'
  const isSame = identity?.home === true && identity.username === user
  compare(joining, 'database', !isSame && `${decisionId} of ${name} ran as ${user}`)
  const owner = owners.get(pid) ?? name
  owners.set(pid, owner)
  compare(joining, 'database connections', owner !== name && `${pid} served ${owner} and ${name}`)
}

/** Each step of an approval is of who may take it, and each call on one is its requester's. */
function joinApprovals(joining: Joining): void {
  const owners = new Map<string, string>()
  for (const { kind, detail } of joining.rows) {
    if (kind === 'approval') joinStep(joining, detail as unknown as Step, owners)
  }
  for (const { principal, approval } of joining.intents.values()) {
    if (principal === undefined || approval === undefined) continue
    const [owner, who] = [owners.get(approval.id), whose(principal)]
    compare(joining, 'approvals by intent', owner !== who && `${approval.id} of ${owner} at ${who}`)
  }
}

interface Step {
  readonly step: string
  readonly id: string
  readonly tid: string
  readonly oid: string
  readonly decisionId?: string
}

/** A request is of the person who was refused for want of it, a vote the approver's, taking back the requester's. */
function joinStep(joining: Joining, step: Step, owners: Map<string, string>): void {
  if (step.step === 'release' || step.step === 'void') return
  const asked = joining.intents.get(step.decisionId ?? '')?.principal
  // A use names its decision, and the decision the person.
  const who = step.step === 'spend' && asked !== undefined ? whose(asked) : whose(step)
  if (step.step === 'request') owners.set(step.id, who)
  const expected = step.step === 'vote' ? whose(carol) : owners.get(step.id)
  const isOwn = who === expected && (asked === undefined || whose(asked) === who)
  compare(joining, 'approval steps', !isOwn && `${step.step} of ${step.id} by ${who} instead of ${expected}`)
}
