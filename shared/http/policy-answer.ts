import { type ApproverRules, requirePersonInControl } from '../approval/vote.ts'
import type { Settings } from '../config/settings.ts'
import { Problem } from '../errors/problem.ts'
import type { Ports } from '../pipeline/line.ts'
import type { Answer, Inbound } from '../pipeline/ports.ts'
import { answerJson } from '../pipeline/respond.ts'
import type { Policy } from '../policy/policy.ts'
import { fingerprintOf, readSigner } from '../policy/release.ts'

/** The app role of people who run the deployment. It counts within the token's tenant. */
const operatorRole = 'Countersign.Operator'

interface PolicyParts {
  readonly ports: Pick<Ports, 'verifyAny' | 'policy' | 'callRate'>
  readonly approvers: ApproverRules
  readonly settings: Pick<Settings, 'COUNTERSIGN_POLICY_SIGNERS'>
}

/**
 * `GET /api/policies`: the set in force, rule by rule, for an operator of the tenant that runs the deployment, at the
 * console. Throws Problem `human_required`, `guest_not_allowed`, `scope_insufficient`, `policy_denied` or `quota_exceeded`.
 */
export async function answerPolicies(inbound: Inbound, parts: PolicyParts): Promise<Answer> {
  const { ports, approvers, settings } = parts
  const { principal } = await ports.verifyAny(inbound)
  requirePersonInControl(principal, approvers)
  const { tid, oid, actor, roles } = principal
  if (!roles.includes(operatorRole)) throw denied('not_an_operator')
  if (tid !== approvers.homeTenant) throw denied('home_tenant_only')
  const reservation = ports.callRate.reserve(`${tid}|${oid}|${actor}`)
  if (!reservation.granted) {
    const { retryAfter } = reservation
    const next = { action: 'wait', after: retryAfter } as const
    throw new Problem('quota_exceeded', 'Too many questions in a minute.', { retryAfter, next })
  }
  return answerJson(200, describe(ports.policy(), settings.COUNTERSIGN_POLICY_SIGNERS))
}

function describe(policy: Policy, signers: Readonly<Record<string, string>>) {
  const { origin, policyDigest, schemaDigest, memo } = policy
  const names = new Map(Object.entries(signers).map(([name, key]) => [fingerprintOf(readSigner(key)), name]))
  return {
    ...origin,
    ...(origin?.signers && {
      signers: origin.signers.map((fingerprint) => ({ name: names.get(fingerprint) ?? '', fingerprint })),
    }),
    policyDigest,
    schemaDigest,
    ...(memo === undefined ? {} : { answers: memo() }),
    policies: policy.rules.map(({ id, title, effect, reason, demand, shadow }) => ({
      ...{ id, title, effect },
      ...(reason === undefined ? {} : { reason }),
      ...(demand === undefined ? {} : { obligation: demand.obligation }),
      ...(shadow === undefined ? {} : { shadow }),
    })),
  }
}

function denied(reason: string): Problem {
  const detail = 'The policy is shown to operators of the tenant that runs the deployment.'
  return new Problem('policy_denied', detail, { reasons: [reason], next: { action: 'stop' } })
}
