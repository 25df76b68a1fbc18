import type { Foundation } from './app-ports.ts'
import { type SweptTable, sweepOldRows, sweptTables } from './state/old-rows.ts'
import type { StateTable } from './state/state-table.ts'
import { createTableState } from './state/table-state.ts'
import { nameFailure } from './telemetry/log.ts'

/** Milliseconds for a whole list: nobody waits for it. */
const listTimeout = 60_000

/** Removes rows that are over, of every table of state. */
export async function sweepStateTables({ settings, credential, clock, log }: Foundation): Promise<void> {
  const account = { url: settings.COUNTERSIGN_AUDIT_TABLES_URL, credential }
  const open = (table: SweptTable) => [table, createTableState({ account, table, timeout: listTimeout })] as const
  await sweepOldRows({
    tables: Object.fromEntries(sweptTables.map(open)) as Record<SweptTable, StateTable>,
    now: clock(),
    retentionDays: settings.COUNTERSIGN_RETENTION_DAYS,
    tenants: settings.COUNTERSIGN_TENANTS,
    onFault: (table, error) => log('state_unswept', { what: table, error: nameFailure(error) }),
  })
}
