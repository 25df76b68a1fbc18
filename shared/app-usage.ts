import { randomUUID } from 'node:crypto'
import type { TokenSource } from './audit/store.ts'
import type { Settings } from './config/settings.ts'
import type { TimeLimits } from './config/time-limits.ts'
import type { Ports } from './pipeline/line.ts'
import { createCallRate } from './quota/call-rate.ts'
import { createQuotas } from './quota/quotas.ts'
import { createDays } from './quota/window.ts'
import type { StateTable } from './state/state-table.ts'
import { createTableState } from './state/table-state.ts'
import { createSuspensions } from './suspension/suspensions.ts'
import { createTaints } from './taint/taints.ts'
import { type Log, nameFailure } from './telemetry/log.ts'
import { createInFlight } from './usage/in-flight.ts'
import { unitOf } from './usage/usage.ts'
import { createUsageCounters } from './usage/usage-counters.ts'

/** Milliseconds: what a crash loses of the usage report at most. */
const flushMs = 10_000

interface Foundation {
  readonly settings: Settings
  readonly credential: TokenSource
  readonly log: Log
  /** Epoch milliseconds. */
  readonly clock: () => number
  readonly limits: TimeLimits
}

type UsagePorts = Pick<Ports, 'askRate' | 'quotas' | 'suspensions' | 'taints' | 'usage' | 'inFlight'>

/** Quotas, usage, the kill switch and taint: each over a table of its own; nothing connects before the first call. */
export function createUsagePorts(base: Foundation, closing: (() => Promise<void>)[]): UsagePorts {
  const { settings, clock, log } = base
  const zone = settings.COUNTERSIGN_TIME_ZONE
  const onFault = (what: string) => (error: unknown) => log('state_unsettled', { what, error: nameFailure(error) })
  const table = (name: string) => openTable(name, base)
  const quotas = createQuotas({
    ...{ rules: settings.COUNTERSIGN_QUOTAS, now: clock, zone },
    table: table('quotas'),
    onFault: onFault('quotas'),
  })
  const dayOf = createDays(zone)
  const today = () => dayOf(clock()).name
  const counters = createUsageCounters({
    table: table('usage'),
    instance: randomUUID(),
    day: today,
    later: (work) => void setTimeout(work, flushMs).unref(),
    onFault: onFault('usage'),
  })
  closing.push(quotas.close, counters.flush)
  return {
    askRate: createCallRate({ perMinute: settings.COUNTERSIGN_CALLS_PER_MINUTE, now: clock }),
    quotas,
    suspensions: createSuspensions({ table: table('suspensions'), now: clock }),
    taints: createTaints({ table: table('taints'), now: clock }),
    usage: {
      ...counters,
      unitOf: (groups) => unitOf(groups, settings.COUNTERSIGN_BUSINESS_UNITS),
      today,
      tenants: settings.COUNTERSIGN_TENANTS,
    },
    inFlight: createInFlight(),
  }
}

function openTable(table: string, { settings, credential, limits }: Foundation): StateTable {
  const account = { url: settings.COUNTERSIGN_AUDIT_TABLES_URL, credential }
  return createTableState({ account, table, timeout: limits.approval })
}
