import type { TimeLimits } from '../../shared/config/time-limits.ts'
import { problems } from '../../shared/errors/problem.ts'
import type { Observed } from './fault-case.ts'
import { limitsFor } from './fault-site.ts'

/** What the book says of the call that met the fault. */
export interface Entered {
  readonly intents: number
  readonly outcomes: number
  /** `not-called`, `called`, `unknown`, or null without an outcome. */
  readonly status: string | null
  readonly code: string | null
}

/** Reads the decision of the faulty call out of the book. */
export function entered({ rows, earlier, next }: Observed): Entered {
  const own = rows.filter(
    ({ decisionId }) => decisionId !== '' && !earlier.has(decisionId) && decisionId !== next.decisionId,
  )
  const outcomes = own.filter(({ kind }) => kind === 'outcome')
  const last = outcomes.at(-1)?.outcome
  return {
    intents: own.filter(({ kind }) => kind === 'intent').length,
    outcomes: outcomes.length,
    status: last === undefined ? null : String(last.status),
    code: last === undefined ? null : String(last.code),
  }
}

type Rule = (observed: Observed, book: Entered) => boolean

/** The longest that a call may take: its rows, a token of the platform, the exchange, the approvals, the backend. */
function longestMs({ append, identity, vault, exchange, approval, call }: TimeLimits): number {
  return 3 * append + identity + vault + exchange + 4 * approval + Math.min(call, 20_000)
}

const ofBook = new Set<string | undefined>(['book', 'vault', 'managed identity'])

/** What holds after every fault, whatever it was. */
export const rules: Readonly<Record<string, Rule>> = {
  'a service was asked for a decision only once its intent was in the book': ({ during, after }) =>
    [...during, ...after].every(({ durable }) => durable !== false),
  'the book verifies': ({ report }) => report.verdict === 'PASS' && report.findings.length === 0,
  'a decision has one intent and at most one outcome': ({ rows }) => {
    const counted = (kind: string) => rows.filter((row) => row.kind === kind).map(({ decisionId }) => decisionId)
    const [intents, outcomes] = [counted('intent'), counted('outcome')]
    const isSingle = [intents, outcomes].every((ids) => new Set(ids).size === ids.length)
    return isSingle && outcomes.every((id) => intents.includes(id))
  },
  'no intent is left open once the book can be written again': (_, book) => book.intents === book.outcomes,
  'an answered call is in the book': ({ got, rows }) =>
    got.decisionId === null || rows.filter(({ decisionId }) => decisionId === got.decisionId).length === 2,
  'the backend acted at most once, and for an approval at most once in all': ({ acted, actedInAll, flow }) =>
    acted <= 1 && actedInAll <= (flow.approved ? 1 : 2),
  'a change is sent at most once': ({ during, flow }) =>
    !flow.changes || during.filter(({ label, reached }) => reached && isChange(label)).length <= 1,
  'what the book calls not called did nothing': ({ acted }, { status }) => status !== 'not-called' || acted === 0,
  'what acted is in the book as called or unknown, or its answer was refused': ({ acted, got }, { status }) =>
    acted === 0 || status === 'called' || status === 'unknown' || (status === null && got.code === 'audit_unavailable'),
  'a change whose answer was lost or made no sense is in the book as unknown': ({ fault, flow, got }, { status }) =>
    !flow.changes || !isLostAnswer(fault) || got.status === 200 || status === 'unknown',
  'a success did what it says': ({ got, acted, flow }, { status, code }) =>
    got.status !== 200 || (acted === (flow.changes ? 1 : 0) && status === 'called' && code === 'ok'),
  'an approval is released where nothing was called, and burnt otherwise': isApprovalRight,
  'the answer is one of the contract': ({ got, flow }) => {
    if (got.code === 'ok') return got.status === 200 && !flow.asks
    const known = Object.hasOwn(problems, got.code) ? problems[got.code as keyof typeof problems] : undefined
    return (
      known !== undefined && (got.code === 'backend_rejected' || got.status === known.status) && got.code !== 'internal'
    )
  },
  'what is away says when to come back': ({ got }) =>
    got.status !== 503 || (got.retryable === true && (got.retryAfter ?? 0) > 0),
  'the next call works': isNextRight,
  'nothing takes longer than the limits': ({ got, fault }) => got.ms <= longestMs(limitsFor(fault)),
}

const lost = ['reply lost', 'late', 'slow', 'garbled', 'truncated', 'wrong type']

function isLostAnswer(fault: Observed['fault']): boolean {
  return fault?.service === 'orders' && isChange(fault.label) && lost.includes(fault.failure)
}

function isChange(label: string): boolean {
  return /^(?:POST|PUT|DELETE) |^COMMIT$/.test(label)
}

function isApprovalRight({ flow, approval, fault, got }: Observed, { status }: Entered): boolean {
  if (!flow.approved) return true
  if (approval === 'claimed') return isOutOfReach(fault)
  if (status === null) return approval === 'approved' && got.status !== 200
  // A claim that lost its race took nothing.
  if (status === 'not-called') return approval === 'approved'
  return approval === 'spent'
}

/** Where the table or the book stay away, or deny the change, what was claimed stays so: nobody can use it, the safe side. */
function isOutOfReach(fault: Observed['fault']): boolean {
  if (fault?.label === 'burn' && fault.failure === '412') return true
  return fault?.lasting === true && (fault.service === 'approvals' || ofBook.has(fault.service))
}

function isNextRight({ flow, next, approval }: Observed): boolean {
  if (flow.asks) return next.code === 'approval_pending'
  if (!flow.approved) return next.code === 'ok'
  return approval === 'approved' ? next.code === 'ok' : next.code === 'approval_used'
}
