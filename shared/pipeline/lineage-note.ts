import type { Deployment, Line, Ports } from './line.ts'
import { hasLineage } from './lineage-settings.ts'
import type { SideLine } from './side-call.ts'
import { type Answerable, isRefused } from './stages.ts'

/** Most that wait to be written on one instance; further ones are given up at once. */
const mostWaiting = 64

/**
 * The stage that records outcomes, after which lineage is written where the deployment wants it. Nobody waits for that:
 * it begins once the outcome is durable, and whatever becomes of it changes no answer.
 */
export function createLineageNote(world: {
  readonly line: SideLine
  readonly ports: Ports
  readonly deployment: Deployment
}): Pick<Line, 'recordOutcome'> {
  const { line, ports, deployment } = world
  const { lineage } = deployment
  if (lineage === undefined) return { recordOutcome: line.recordOutcome }
  let waiting = 0
  const note = async ({ call }: Answerable): Promise<void> => {
    if (isRefused(call) || !hasLineage(call, lineage)) return
    if (waiting >= mostWaiting) return ports.log('lineage_lost', { decisionId: call.decisionId, code: 'too_many' })
    waiting += 1
    // What came back is not kept for as long as this takes.
    const { answer: _answer, result: _result, ...made } = call
    const { writeLineage } = await import('./lineage.ts')
    await writeLineage(made, { ...world, lineage }).finally(() => {
      waiting -= 1
    })
  }
  return {
    recordOutcome: async (stage) => {
      const answerable = await line.recordOutcome(stage)
      void note(answerable).catch(() => ports.log('lineage_lost', { decisionId: stage.decisionId, code: 'internal' }))
      return answerable
    },
  }
}
