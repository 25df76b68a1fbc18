import { enumerate, type Observed, openStage } from './fault-case.ts'
import { type Flow, flows } from './fault-flows.ts'
import { type Failure, type Fault, failures } from './fault-plan.ts'
import { openFaultWorld } from './fault-world.ts'

/** Which cases are played. */
export interface Selection {
  readonly flows: (flow: Flow) => boolean
  readonly failures: readonly (readonly [failure: Failure, lasting: boolean])[]
  /** Gateways at a time. */
  readonly width: number
}

/** Every failure once; of those that last one in which the service acts, one in which it does not, and silence. */
export const everything: Selection = {
  flows: () => true,
  failures: [
    ...failures.map((failure) => [failure, false] as const),
    ...(['reply lost', '503', 'slow'] as const).map((failure) => [failure, true] as const),
  ],
  width: 12,
}

export interface Played {
  readonly clean: readonly Observed[]
  readonly observed: readonly Observed[]
  /** Cases that could not be played to their end. */
  readonly broken: readonly string[]
  /** Rejections in the gateways' process that nobody handled. */
  readonly strays: readonly string[]
}

/** Plays every selected failure at every exchange that a clean call of each flow makes. */
export async function playAll({ flows: wanted, failures: kinds, width }: Selection): Promise<Played> {
  const world = await openFaultWorld()
  const stage = openStage(world)
  try {
    const clean: Observed[] = []
    const cases: { flow: Flow; fault: Fault }[] = []
    for (const flow of flows.filter(wanted)) {
      const found = await enumerate(stage, flow)
      clean.push(found.clean)
      for (const exchange of found.exchanges) {
        for (const [failure, lasting] of kinds) cases.push({ flow, fault: { ...exchange, failure, lasting } })
      }
    }
    const observed: Observed[] = []
    const broken: string[] = []
    const work = async () => {
      for (let next = cases.shift(); next !== undefined; next = cases.shift()) {
        await stage.play(next.flow, next.fault).then(
          (one) => (hasStruck(one) ? observed.push(one) : broken.push(`${describeFault(next)}: was not met`)),
          (error: unknown) => broken.push(`${describeFault(next)}: ${String(error)}`),
        )
      }
    }
    await Promise.all(Array.from({ length: width }, work))
    return { clean, observed, broken, strays: [...world.gateways.strays] }
  } finally {
    await stage.close()
    await world.stop()
  }
}

/** A case whose exchange did not come shows nothing. */
function hasStruck({ during }: Observed): boolean {
  return during.some(({ failure }) => failure !== null)
}

/** One line that says which case it was and what came of it. */
export function describeCase(one: Observed): string {
  return `${describeFault(one)} → ${one.got.status} ${one.got.code} in ${one.got.ms} ms, next ${one.next.code}`
}

function describeFault({ flow, fault }: Pick<Observed, 'flow' | 'fault'>): string {
  if (fault === null) return `${flow.name}, nothing fails`
  const { service, label, nth, failure, lasting } = fault
  return `${flow.name} | ${service}: ${label} #${nth}, ${failure}${lasting ? ', lasting' : ''}`
}
