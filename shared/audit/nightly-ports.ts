import type { KeyObject } from 'node:crypto'
import type { Log } from '../telemetry/log.ts'
import type { AnchorStore } from './anchor-log.ts'
import type { Immutability, NightlyFacts } from './nightly.ts'
import type { SegmentPorts } from './nightly-segment.ts'
import type { RowPosition } from './receipt.ts'
import type { EventFacts } from './record.ts'
import type { RunKeys } from './run-key.ts'
import type { RowStore } from './store.ts'
import type { Finding } from './verify-findings.ts'

/** A report as it was published. */
export interface PublishedReport {
  readonly date: string
  readonly verdict: string
  /** SHA-256 of its JSON, hex. */
  readonly digest: string
}

/** What comparing with the logs of backends and of Entra gave; `facts` null: not collected. */
export interface Reconciliation {
  readonly facts: readonly unknown[] | null
  readonly findings: readonly Finding[]
}

/** Everything that the nightly run needs from outside. What rejects is tried again at the next wake. */
export interface NightlyPorts extends Omit<SegmentPorts, 'source'> {
  readonly rows: RowStore
  /** The keys under which documents of a run are authenticated; never those of rows. */
  readonly runKeys: RunKeys
  readonly wait: (milliseconds: number) => Promise<void>
  readonly random: (size: number) => Uint8Array
  /** UTC hour from which a night's run is due. */
  readonly hour: number
  /** Digest of what is deployed. */
  readonly build: string
  readonly log: Log
  readonly recordEvent: (facts: EventFacts) => Promise<RowPosition>
  readonly anchors: Pick<AnchorStore, 'readLines' | 'readCheckpoint'>
  /** The anchor log's key. */
  readonly publicKey: () => Promise<KeyObject>
  readonly immutability: () => Promise<readonly Immutability[]>
  readonly reconcile: (span: { readonly since: string | null; readonly until: string }) => Promise<Reconciliation>
  /** Milliseconds that this machine's clock is ahead; null where nobody was asked. */
  readonly clockOffset: () => Promise<number | null>
  readonly mergePeriods: (periods: readonly unknown[]) => unknown
  /** What of a night's period the next one needs. */
  readonly carryPeriod: (period: unknown) => unknown
  /**
   * Makes the report and keeps it immutably. The same facts may be published again and give the same report; other
   * facts for the same date reject.
   */
  readonly publish: (facts: NightlyFacts) => Promise<PublishedReport>
  /** Who is told, and where the report can be read: `reportUrl` and the date. */
  readonly webhooks: readonly string[]
  readonly reportUrl: string
  /** Whether it was taken. */
  readonly post: (url: string, body: PublishedReport & { readonly url: string }) => Promise<boolean>
}
