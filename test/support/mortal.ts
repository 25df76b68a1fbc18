/**
 * A process that ends at one use of its ports: from then on nothing of it happens any more, not even its own handling
 * of failures. That is what `kill -9` does; a port that throws would still let the line clean up.
 */
import type { Ports } from '../../shared/pipeline/line.ts'

export interface Mortal {
  readonly wrap: (ports: Ports) => Ports
  /** Resolves when it ends. */
  readonly end: Promise<'dead'>
  /** Ports in the order of their use. */
  readonly used: string[]
}

/** `death` is which use of a port never happens, counted from 1 over all of them. */
export function createMortal(death = Number.POSITIVE_INFINITY): Mortal {
  const used: string[] = []
  let isDead = false
  let die: (end: 'dead') => void = () => undefined
  const end = new Promise<'dead'>((resolve) => {
    die = resolve
  })
  const never = () => {
    isDead = true
    die('dead')
    return new Promise<never>(() => undefined)
  }
  const guard =
    <Arguments extends unknown[], Result>(name: string, work: (...given: Arguments) => Promise<Result>) =>
    async (...given: Arguments): Promise<Result> => {
      if (isDead || used.push(name) >= death) return never()
      return work(...given).finally(() => (isDead ? never() : undefined))
    }
  const guardAll = <Port extends object>(port: Port): Port =>
    Object.fromEntries(Object.entries(port).map(([name, work]) => [name, guard(name, work)])) as Port
  const wrap = (ports: Ports): Ports => ({
    ...ports,
    audit: guardAll(ports.audit),
    approvals: guardAll(ports.approvals),
    exchange: { ...ports.exchange, exchange: guard('exchange', ports.exchange.exchange) },
    executors: new Map(
      [...ports.executors].map(([name, executor]) => [name, { ...executor, call: guard('call', executor.call) }]),
    ),
  })
  return { wrap, end, used }
}
