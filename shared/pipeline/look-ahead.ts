import { readGenerated } from './generated.ts'
import type { Deployment, Line, Ports } from './line.ts'
import { refuseWith } from './refuse.ts'
import { lookUpRunner } from './runner.ts'
import type { SideLine } from './side-call.ts'
import { isRefused, type Resolved } from './stages.ts'

interface World {
  /** Whose `classify` looks at nothing, so that no look leads to another. */
  readonly line: SideLine
  readonly ports: Ports
  readonly deployment: Deployment
}

/**
 * The stage that judges what a call does, where that cannot be told from the call alone: a statement that the backend
 * made up, or whoever a definition runs as, is read first, as the person.
 */
export function createLookAhead(world: World): Pick<Line, 'classify'> {
  return {
    classify: async (stage) => {
      if (isRefused(stage)) return stage
      try {
        const classified = await world.line.classify(await withGenerated(stage, world))
        return isRefused(classified) ? classified : await lookUpRunner(classified, world)
      } catch (error) {
        return refuseWith(stage, error)
      }
    },
  }
}

async function withGenerated(stage: Resolved, world: World): Promise<Resolved> {
  const { call } = stage.invocation.operation
  const generated = call.technology === 'genie' ? call.generated : undefined
  return generated === undefined ? stage : readGenerated(stage, generated, world)
}
