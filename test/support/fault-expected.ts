import type { Observed } from './fault-case.ts'
import type { Failure, Service } from './fault-plan.ts'

/** Codes that an outage of a service gives, whatever its kind. */
const outages: Partial<Record<Service, string>> = {
  'signing keys': 'keys_unavailable',
  'managed identity': 'audit_unavailable',
  vault: 'audit_unavailable',
  book: 'audit_unavailable',
  approvals: 'policy_unavailable',
  state: 'policy_unavailable',
  'token service': 'exchange_unavailable',
  directory: 'policy_unavailable',
}

const failed = 'backend_failed'
const late = 'backend_timeout'
const refused = 'backend_rejected'

const ofOrders: Readonly<Record<Failure, string>> = {
  ...{ 'request lost': failed, 'reply lost': failed, late, slow: late, '412': refused, '429': refused },
  ...{ '429 wait': refused, '503': failed, garbled: failed, truncated: failed, 'wrong type': failed },
}

/** A database that says something else than PostgreSQL says is waited for: the rest could still come. */
const ofPostgres: Readonly<Record<Failure, string>> = {
  ...ofOrders,
  '412': failed,
  '429': failed,
  '429 wait': failed,
  'wrong type': late,
}

/** What the caller is told where this exchange fails for good. */
function outageOf({ service, label, failure }: NonNullable<Observed['fault']>, changes: boolean): string {
  if (service === 'managed identity' && label === 'token for federation') return 'exchange_unavailable'
  if (service === 'approvals' && label === 'claim' && failure === '412') return 'approval_used'
  if (service === 'postgres') return ofPostgres[failure]
  // Whom the backend sees has to be proven before a change: a refused question leaves that open.
  const isOpen = changes && label === 'identity probe' && ofOrders[failure] === refused
  return outages[service] ?? (isOpen ? failed : ofOrders[failure])
}

/** Where emergency access cannot be looked up there is none; and nobody waits for who is told, or for what is counted. */
const unheard: readonly Service[] = ['emergency access', 'notices', 'usage']

/** After these the answer is on its way: what is left to do is for us to know. */
const afterwards: readonly string[] = ['burn', 'DISCARD']

/** The codes that the answer may have: one where the failure lasts, else also the one of a call without a failure. */
export function expected({ fault, flow }: Observed): readonly string[] {
  const clean = flow.asks ? 'approval_pending' : 'ok'
  if (fault === null || afterwards.includes(fault.label) || unheard.includes(fault.service)) return [clean]
  // Whoever is to be told is told of what is open still: that row is read for them.
  if (flow.asks && fault.label === 'read one' && fault.nth > 0) return [clean]
  const outage = outageOf(fault, flow.changes)
  // The first that asks for a token for tables is what the decision needs; the refusal then meets the book's own.
  const either = fault.label === 'token for tables' ? [outage, 'policy_unavailable'] : [outage]
  return fault.lasting ? either : [clean, ...either]
}
