// Imitates what `shared/app-usage.ts` builds, over tables in memory. Differs: what is counted is never stored by itself.
import type { Ports } from '../../shared/pipeline/line.ts'
import { createCallRate } from '../../shared/quota/call-rate.ts'
import type { QuotaRule } from '../../shared/quota/quota.ts'
import { createQuotas } from '../../shared/quota/quotas.ts'
import { createDays } from '../../shared/quota/window.ts'
import { createSuspensions } from '../../shared/suspension/suspensions.ts'
import { createTaints } from '../../shared/taint/taints.ts'
import { createInFlight } from '../../shared/usage/in-flight.ts'
import { unitOf } from '../../shared/usage/usage.ts'
import { createUsageCounters, type UsageCounters } from '../../shared/usage/usage-counters.ts'
import { createStateMemory, type StateMemory } from './state-memory.ts'

export interface UsageTables {
  readonly quotas: StateMemory
  readonly suspensions: StateMemory
  readonly taints: StateMemory
  readonly usage: StateMemory
}

export function createUsageTables(): UsageTables {
  const names = ['quotas', 'suspensions', 'taints', 'usage'] as const
  return Object.fromEntries(names.map((name) => [name, createStateMemory()])) as unknown as UsageTables
}

export interface UsageMemoryOptions {
  readonly now: () => number
  readonly tables?: UsageTables
  readonly rules?: readonly QuotaRule[]
  readonly units?: Readonly<Record<string, readonly string[]>>
  readonly instance?: string
  readonly tenants?: readonly string[]
  readonly askPerMinute?: number
}

type UsagePorts = Pick<Ports, 'askRate' | 'quotas' | 'suspensions' | 'taints' | 'inFlight'>

/** One instance's ports; several may share tables. */
export function createUsageMemory(options: UsageMemoryOptions): UsagePorts & {
  readonly usage: UsageCounters & Ports['usage']
} {
  const { now, tables = createUsageTables(), rules = [], units = {}, instance = 'one' } = options
  const days = createDays('UTC')
  const onFault = () => undefined
  const today = () => days(now()).name
  const counters = createUsageCounters({
    ...{ table: tables.usage, instance, onFault },
    day: today,
    later: () => undefined,
  })
  return {
    askRate: createCallRate({ perMinute: options.askPerMinute ?? 10_000, now }),
    quotas: createQuotas({ rules, table: tables.quotas, now, zone: 'UTC', onFault }),
    suspensions: createSuspensions({ table: tables.suspensions, now }),
    taints: createTaints({ table: tables.taints, now }),
    usage: { ...counters, unitOf: (groups) => unitOf(groups, units), today, tenants: options.tenants ?? [] },
    inFlight: createInFlight(),
  }
}
