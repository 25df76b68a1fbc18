import type { SideTemplate } from '../backend/references.ts'
import type { Runner, RunnerLookup } from '../backend/runner.ts'
import type { Deployment, Ports } from './line.ts'
import type { Json } from './ports.ts'
import { judgeRunner } from './runner-reading.ts'
import { readAside, type SideLine } from './side-call.ts'
import { mapInputs } from './side-values.ts'
import { type Classified, isRefused, type Resolved } from './stages.ts'

interface World {
  readonly line: SideLine
  readonly ports: Ports
  readonly deployment: Deployment
}

/**
 * Looks up who a call would run as, before policy hears of it: reads of its own, as the person, each governed and in the
 * book. Where it is the person, the call does what it then does; else, or where nobody can say, the worst.
 */
export async function lookUpRunner(stage: Classified, world: World): Promise<Classified> {
  const { runsAs } = stage.invocation.operation
  if (typeof runsAs !== 'object') return stage
  const runner = await findRunner(stage, runsAs, world)
  if (runner.as === 'other') return { ...stage, runner }
  return { ...stage, runner, understood: { ...stage.understood, effect: runsAs.effect } }
}

/** One after the other: both take from the same allowance, and the second is of no use without the first. */
async function findRunner(stage: Classified, lookup: RunnerLookup, world: World): Promise<Runner> {
  const definition = await read(stage, lookup.definition, world)
  const me = definition === undefined || lookup.me === undefined ? undefined : await read(stage, lookup.me, world)
  return judgeRunner(lookup, { definition, me })
}

/** Whatever keeps it from being read makes it unreadable, which is the worst answer already. */
async function read(stage: Resolved, template: SideTemplate, world: World): Promise<Json | undefined> {
  const { operation } = template
  const inputs = mapInputs(template.inputs, stage.invocation.inputs)
  const made = await readAside(stage, { operation, inputs }, world)
  return isRefused(made) || made.answer.truncated ? undefined : made.answer.data
}
