import type { Cloud } from '../../../shared/backend/define.ts'
import { clouds, isLoopback } from '../../../shared/config/clouds.ts'

/** An environment: azd gives its hooks every value of its own as a variable. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Where Azure is asked. */
export interface Endpoints {
  readonly cloud: Cloud
  readonly arm: string
  readonly armScope: string
  readonly graph: string
  readonly graphScope: string
  /** Where Entra's own metadata is read. */
  readonly login: string
}

/** The addresses of the deployment's cloud. HOOKS_… lead to stand-ins, on loopback alone; throws for any other place. */
export function endpointsOf(environment: Environment): Endpoints {
  const cloud = cloudOf(environment)
  const { resourceManager, graph, entra } = clouds[cloud]
  return {
    cloud,
    arm: standIn(environment, 'HOOKS_ARM_URL') ?? resourceManager,
    armScope: `${resourceManager}/.default`,
    graph: standIn(environment, 'HOOKS_GRAPH_URL') ?? graph,
    graphScope: `${graph}/.default`,
    login: standIn(environment, 'HOOKS_LOGIN_URL') ?? `https://${entra}`,
  }
}

function cloudOf({ COUNTERSIGN_CLOUD: name = '' }: Environment): Cloud {
  if (name === '') return 'public'
  if (name === 'public' || name === 'usgov' || name === 'china') return name
  throw new Error('COUNTERSIGN_CLOUD is none of public, usgov, china: azd env set COUNTERSIGN_CLOUD public')
}

function standIn(environment: Environment, name: string): string | undefined {
  const text = environment[name] ?? ''
  if (text === '') return undefined
  if (!URL.canParse(text) || !isLoopback(new URL(text))) throw new Error(`${name} is not an address on loopback`)
  return text.replace(/\/+$/, '')
}
