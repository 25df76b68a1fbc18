import { agentScope, type ChallengeSettings, refusalProblem } from './challenge.ts'
import type { Verified } from './verify.ts'

/**
 * The routes of agents take the agents' scope: a person's token with nothing but `control` is the console's, and an
 * application without a person has no scopes at all. Throws Problem `scope_insufficient`.
 */
export function requireAgentScope(verified: Verified, settings: ChallengeSettings): Verified {
  const { kind, scopes } = verified.principal
  if (kind === 'app' || scopes.includes(agentScope)) return verified
  throw refusalProblem({ code: 'scope_insufficient', reason: 'control_only' }, settings)
}
