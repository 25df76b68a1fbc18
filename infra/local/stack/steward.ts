import { randomBytes } from 'node:crypto'
import type { EraseOptions } from '../../../shared/audit/erase.ts'
import { tableNames } from '../../../shared/audit/store.ts'
import { createTableErasure } from '../../../shared/audit/table-erasure.ts'
import { createTableRows } from '../../../shared/audit/table-rows.ts'
import { createVaultKeys } from '../../../shared/audit/vault-keys.ts'
import { createAuditWriter } from '../../../shared/audit/writer.ts'
import type { Site } from '../../operate/site.ts'

/** Who erases and holds: reads the book, deletes in the erasable tables, writes a lane of its own. */
export interface Steward extends EraseOptions {
  /** Writes what waits and releases the lane. */
  readonly close: () => Promise<void>
}

/** Opens the stores of a site. Of a running stack only in a process that was started with its authority and proxy. */
export function openSteward(site: Site): Steward {
  const { table, ...account } = site.tables
  const common = { ...account, timeout: 30_000 }
  const names = tableNames(table)
  const rows = createTableRows({ ...common, names, create: true })
  const { origin, vault: url } = site
  const keys = createVaultKeys({ url, credential: site.signIn('verifier'), clock: Date.now, timeout: 10_000 })
  const audit = createAuditWriter({
    rows,
    keys,
    clock: Date.now,
    random: randomBytes,
    origin,
    limits: { deadline: 20_000 },
  })
  return {
    rows,
    pages: () => rows.list('rows'),
    store: createTableErasure({ ...common, names: { pii: names.pii, approvals: 'approvals' } }),
    audit,
    clock: Date.now,
    random: randomBytes,
    close: audit.close,
  }
}
