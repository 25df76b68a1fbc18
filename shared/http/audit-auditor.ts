import { requirePersonInControl } from '../approval/vote.ts'
import { Problem } from '../errors/problem.ts'
import type { Principal } from '../identity/principal.ts'
import type { Inbound } from '../pipeline/ports.ts'
import type { AuditParts } from './audit-book.ts'

/** The app role of people who read the book. It counts within the token's tenant. */
const auditorRole = 'Countersign.Auditor'

/** What a route asks of who calls it. `platform`: the home tenant's auditors only; `control`: at the console. */
export interface Demand {
  readonly platform?: boolean
  readonly control?: boolean
}

/**
 * A person with the auditor's role, within the calls that one person may make in a minute. Throws Problem
 * `guest_not_allowed`, `human_required`, `scope_insufficient`, `policy_denied` or `quota_exceeded`.
 */
export async function requireAuditor(inbound: Inbound, parts: AuditParts, demand: Demand = {}): Promise<Principal> {
  const { ports, approvers } = parts
  const { principal } = await ports.verifyAny(inbound)
  if (principal.kind === 'guest' || (principal.kind === 'person' && principal.guest)) {
    throw new Problem('guest_not_allowed', 'A guest does not read the book.')
  }
  if (principal.kind !== 'person') {
    throw new Problem('human_required', 'Only a person reads the book, and no agent for one.', {
      next: { action: 'stop' },
    })
  }
  if (demand.control) requirePersonInControl(principal, approvers)
  if (!principal.roles.includes(auditorRole)) throw denied('not_an_auditor', 'Only an auditor reads the book.')
  if (demand.platform && !isOfPlatform(principal, parts)) {
    throw denied('home_tenant_only', 'This is for auditors of the tenant that runs the deployment.')
  }
  const { tid, oid, actor } = principal
  const reservation = ports.callRate.reserve(`${tid}|${oid}|${actor}`)
  if (reservation.granted) return principal
  const { retryAfter } = reservation
  throw new Problem('quota_exceeded', 'Too many questions in a minute.', {
    retryAfter,
    next: { action: 'wait', after: retryAfter },
  })
}

/** Whether this auditor may see what is every tenant's. */
export function isOfPlatform({ tid }: Principal, { approvers }: Pick<AuditParts, 'approvers'>): boolean {
  return tid === approvers.homeTenant
}

export function denied(reason: string, detail: string): Problem {
  return new Problem('policy_denied', detail, { reasons: [reason], next: { action: 'stop' } })
}
