import { type RowStore, tableNames } from '../../shared/audit/store.ts'
import { createTableRows } from '../../shared/audit/table-rows.ts'
import { connectionStringOf } from '../fault/audit-azurite.ts'

let made = 0

/** A name that no table of this run has had. */
export function freshName(): string {
  made += 1
  return `bench${process.pid}n${made}`
}

/**
 * The audit's tables anew on a local table server, by the real client. Its deadlines are no part of a bench: a machine that
 * is busy must make figures bad, not turn rows into refusals.
 */
export function openFreshRows(port: number): RowStore {
  const prefix = freshName()
  return createTableRows({
    account: { connectionString: connectionStringOf(port) },
    names: tableNames(prefix),
    create: true,
    allowInsecure: true,
    timeout: 60_000,
  })
}
