import type { Decision, PolicyRequest } from './decision.ts'
import type { Policy } from './policy.ts'

/** A call that no set may ever permit, whole. */
export interface NeverCall {
  readonly name: string
  readonly request: PolicyRequest
}

/**
 * Names of the calls that a set permits although it must not. Each is tried with every approval and every sign-in given,
 * tainted and not. Throws Problem `policy_unavailable` where the set cannot decide.
 */
export function findBreaches(policy: Policy, calls: readonly NeverCall[]): readonly string[] {
  const approvals = policy.rules.flatMap(({ demand }) =>
    demand?.obligation.kind === 'approval' ? [demand.obligation.rule] : [],
  )
  const isPermitted = (request: PolicyRequest) =>
    policy.decide(request).verdict === ('permit' satisfies Decision['verdict'])
  return calls.filter(({ request }) => armed(request, approvals).some(isPermitted)).map(({ name }) => name)
}

function armed(request: PolicyRequest, approvals: readonly string[]): readonly PolicyRequest[] {
  const principal = { ...request.principal, authContexts: ['c1', 'c2', 'c3'] }
  return [false, true].map((tainted) => ({
    ...request,
    principal,
    context: { ...request.context, approvals, tainted },
  }))
}
