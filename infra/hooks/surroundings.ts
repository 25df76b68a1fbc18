import { type Endpoints, type Environment, endpointsOf } from './azure/endpoints.ts'
import { type Patience, readPatience } from './azure/patience.ts'
import { openService, type Service } from './azure/service.ts'
import { openSignIn, type SignIn } from './azure/sign-in.ts'

/** What every check works with. */
export interface Surroundings {
  readonly environment: Environment
  readonly endpoints: Endpoints
  readonly patience: Patience
  readonly signIn: SignIn
  readonly arm: Service
  readonly graph: Service
}

/** Nothing is asked yet. Throws where the environment names a cloud or a stand-in that cannot be. */
export function openSurroundings(
  environment: Environment,
  signIn: SignIn = openSignIn(environment.AZURE_TENANT_ID),
): Surroundings {
  const endpoints = endpointsOf(environment)
  const patience = readPatience(environment)
  const arm = openService({ origin: endpoints.arm, scope: endpoints.armScope, signIn, patience })
  const graph = openService({ origin: endpoints.graph, scope: endpoints.graphScope, signIn, patience })
  return { environment, endpoints, patience, signIn, arm, graph }
}

/** A value of the environment; empty where it is not set. */
export function settingOf({ environment }: Pick<Surroundings, 'environment'>, name: string): string {
  return (environment[name] ?? '').trim()
}

/** `/subscriptions/<id>` of the deployment. */
export function subscriptionOf(surroundings: Pick<Surroundings, 'environment'>): string {
  return `/subscriptions/${encodeURIComponent(settingOf(surroundings, 'AZURE_SUBSCRIPTION_ID'))}`
}
