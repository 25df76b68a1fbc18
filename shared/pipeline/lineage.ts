import { Problem, problems } from '../errors/problem.ts'
import type { Deployment, Ports } from './line.ts'
import { describeProcess } from './lineage-entity.ts'
import { type Lineage, lineageOperation } from './lineage-settings.ts'
import { readAside, type SideLine } from './side-call.ts'
import { isRefused, type Permitted } from './stages.ts'

interface World {
  readonly line: SideLine
  readonly ports: Ports
  readonly deployment: Deployment
  readonly lineage: Lineage
  /** Ms before each further attempt. */
  readonly pauses?: readonly number[]
}

const usualPauses = [1000, 5000]
const longestPause = 30_000

/**
 * Writes one call's process of lineage as the person who made it: a governed write of its own, with its own decision, under
 * the call's trace. What fails and may pass later is tried again, each time with rows of its own; what is given up stands
 * in the book as the outcomes of these, and in the log as `lineage_lost`.
 */
export async function writeLineage(call: Permitted, world: World): Promise<void> {
  const { ports, deployment, lineage, pauses = usualPauses } = world
  const inputs = describeProcess(call, { ...deployment, lineage })
  const side = { backend: lineage.to, operation: lineageOperation, effect: 'write', inputs } as const
  for (let attempt = 0; ; attempt += 1) {
    const problem = await tryOnce(call, side, world)
    if (problem === null) return
    const pause = pauses[attempt]
    if (pause === undefined || !mayPass(problem)) {
      return ports.log('lineage_lost', { decisionId: call.decisionId, code: problem.code, attempts: attempt + 1 })
    }
    const asked = (problem.members.retryAfter ?? 0) * 1000
    await sleep(Math.min(longestPause, Math.max(pause, asked)))
  }
}

async function tryOnce(call: Permitted, side: Parameters<typeof readAside>[1], world: World): Promise<Problem | null> {
  try {
    const made = await readAside(call, side, world)
    return isRefused(made) ? made.problem : null
  } catch (error) {
    return error instanceof Problem ? error : new Problem('internal', 'Lineage was not written.', { cause: error })
  }
}

function mayPass({ code, status }: Problem): boolean {
  return problems[code].retryable || status === 429 || status >= 502
}

/** Keeps no process alive that has nothing else to do. */
function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref()
  })
}
