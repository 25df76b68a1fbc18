import { type KeyKeeperOptions, type KeyKeeping, keepMonths } from './key-keeper.ts'
import { type SweepResult, sweepOrphans } from './orphan-openings.ts'
import { type RetentionOptions, type RetentionRun, runRetention } from './retention.ts'

export type KeepingOptions = KeyKeeperOptions & RetentionOptions

/** What one run did: months' keys that were made, segments and approvals that went, openings that were nobody's. */
export interface Keeping {
  readonly keys: KeyKeeping
  readonly retention: RetentionRun
  readonly orphans: SweepResult
}

/**
 * The daily housekeeping. Everything in it may be repeated and cut short at any point; keys come first, since without
 * them nothing is recorded.
 */
export async function runKeeping(options: KeepingOptions): Promise<Keeping> {
  const keys = await keepMonths(options)
  const retention = await runRetention(options)
  return { keys, retention, orphans: await sweepOrphans(options) }
}
