import { type ApproverRules, requirePersonInControl } from '../approval/vote.ts'
import { Problem } from '../errors/problem.ts'
import { type ChallengeSettings, controlScope } from '../identity/challenge.ts'
import type { Principal } from '../identity/principal.ts'
import { brakeQuestions } from '../pipeline/admit.ts'
import type { Ports } from '../pipeline/line.ts'
import type { Inbound } from '../pipeline/ports.ts'
import type { AuditBook } from './audit-book.ts'

/** What the routes of operators, and of people about themselves, answer from. */
export interface ControlParts {
  readonly ports: Ports
  readonly approvers: ApproverRules
  readonly challenge: ChallengeSettings
  readonly book: AuditBook
}

/** The app role of people who keep the deployment running. It counts within the token's tenant. */
const operatorRole = 'Countersign.Operator'

/**
 * An operator at the console. Throws Problem `human_required`, `guest_not_allowed`, `scope_insufficient`,
 * `policy_denied` or `quota_exceeded`.
 */
export async function requireOperator(inbound: Inbound, { ports, approvers }: ControlParts): Promise<Principal> {
  const { principal } = await ports.verifyAny(inbound)
  requirePersonInControl(principal, approvers)
  if (!principal.roles.includes(operatorRole)) throw denied('not_an_operator', 'Only an operator does this.')
  brakeQuestions(principal, ports)
  return principal
}

/**
 * A person at the console, a guest too: what agents did as them is theirs to know and to stop, and no agent's. Throws
 * Problem `human_required`, `scope_insufficient` or `quota_exceeded`.
 */
export async function requireSelf(inbound: Inbound, { ports, approvers }: ControlParts): Promise<Principal> {
  const { principal } = await ports.verifyAny(inbound)
  const isPerson = principal.kind === 'person' || principal.kind === 'guest'
  if (!isPerson || principal.actor !== approvers.consoleClientId) {
    throw new Problem('human_required', 'Only a person can do this, at the console and not through an agent.', {
      next: { action: 'stop' },
    })
  }
  if (!principal.scopes.includes(controlScope)) {
    throw new Problem('scope_insufficient', `Sign in with the scope ${controlScope}.`, { next: { action: 'sign_in' } })
  }
  brakeQuestions(principal, ports)
  return principal
}

/** Whether what is every tenant's is this person's to see and to change. */
export function isAtHome({ tid }: Principal, { approvers }: Pick<ControlParts, 'approvers'>): boolean {
  return tid === approvers.homeTenant
}

export function denied(reason: string, detail: string): Problem {
  return new Problem('policy_denied', detail, { reasons: [reason], next: { action: 'stop' } })
}
