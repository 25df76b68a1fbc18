import type { StateTable } from '../state/state-table.ts'
import { type Bucket, createBucket } from './bucket.ts'
import { bucketPlace, type Meter, needOf, type QuotaAsk, type QuotaRule, rulesFor, type Used } from './quota.ts'
import { createDays, minuteOf } from './window.ts'

interface Part {
  readonly bucket: Bucket
  readonly window: string
  readonly meter: Meter
  readonly amount: number
}

/** What a call was given, until it is settled. */
export interface QuotaHold {
  /** The rules that it counts under, in the order of their names. */
  readonly rules: readonly string[]
  /** Most rows that it may return. */
  readonly rows: number
  readonly parts: readonly Part[]
}

/** Room for a call, or which rule has none and for how many seconds. */
export type QuotaAnswer =
  | { readonly granted: true; readonly hold: QuotaHold }
  | { readonly granted: false; readonly rule: string; readonly retryAfter: number }

/** Limits over all instances. */
export interface Quotas {
  readonly has: (name: string) => boolean
  /** Of every rule that the call falls under, or of none. Rejects with `policy_unavailable`. */
  readonly reserve: (ask: QuotaAsk) => Promise<QuotaAnswer>
  /** What was used stays, the rest can be had again; to be called once. What has to be stored for it is stored later. */
  readonly settle: (hold: QuotaHold, used: Used) => void
  /** Gives back all that this instance holds. */
  readonly close: () => Promise<void>
}

export interface QuotasParts {
  readonly rules: readonly QuotaRule[]
  readonly table: Pick<StateTable, 'find' | 'insert' | 'replace'>
  readonly now: () => number
  /** IANA name; days are of there. */
  readonly zone: string
  /** Told of what could not be stored after a call; that much is stranded, or charged here only. */
  readonly onFault: (error: unknown) => void
}

const mostBuckets = 50_000
const sweepMs = 30_000

/**
 * Quotas over leases in a table of state: an instance takes a share of the window at a time and hands it out by itself.
 * What a call will need is estimated before and settled after; rows are cut to what is left instead.
 */
export function createQuotas(parts: QuotasParts): Quotas {
  const buckets = new Map<string, Bucket>()
  const days = createDays(parts.zone)
  const windowAt = (rule: QuotaRule, now: number) => (rule.window === 'minute' ? minuteOf(now) : days(now))
  const open = (rule: QuotaRule, ask: QuotaAsk): Bucket => {
    const place = bucketPlace(rule, ask)
    const known = buckets.get(place.partition)
    if (known !== undefined) return known
    if (buckets.size >= mostBuckets) dropOldest(buckets)
    const { table, now } = parts
    const bucket = createBucket({ table, now, place, rule, windowAt: (at) => windowAt(rule, at) })
    buckets.set(place.partition, bucket)
    return bucket
  }
  const later = createBacklog(parts.onFault)
  const sweep = createSweep(buckets, { now: parts.now, later: later.add })
  return {
    has: (name) => parts.rules.some((rule) => rule.name === name),
    reserve: async (ask) => {
      const rules = rulesFor(parts.rules, ask)
      const held: Part[] = []
      let rows = ask.rowLimit
      sweep()
      for (const rule of rules) {
        const part = await takePart(open(rule, ask), { ...ask, rowLimit: rows }, () => putBack(held, later.add))
        if (part === null)
          return {
            granted: false,
            rule: rule.name,
            retryAfter: secondsBetween(parts.now(), windowAt(rule, parts.now()).end),
          }
        if (part.meter === 'rows') rows = part.amount
        held.push(part)
      }
      return { granted: true, hold: { rules: rules.map(({ name }) => name), rows, parts: held } }
    },
    settle: ({ parts: held }, used) => {
      for (const { bucket, window, meter, amount } of held) {
        later.add(bucket.settle(window, amount - amountUsed(used[meter], amount)))
      }
    },
    close: async () => {
      await later.done()
      await Promise.allSettled([...buckets.values()].map((bucket) => bucket.giveBack()))
    },
  }
}

/** A backend that says of itself what cannot be is not believed: less than nothing would be room past the limit. */
function amountUsed(said: number | undefined, estimated: number): number {
  return said !== undefined && Number.isFinite(said) && said >= 0 ? said : estimated
}

function secondsBetween(now: number, end: number): number {
  return Math.max(1, Math.ceil((end - now) / 1000))
}

/** Null where there is no room; then, and where it cannot be told, what was taken for the same call is put back. */
async function takePart(bucket: Bucket, ask: QuotaAsk, putBack: () => void): Promise<Part | null> {
  try {
    const taken = await bucket.take(needOf(bucket.rule, ask))
    if (taken !== null) return { bucket, meter: bucket.rule.meter, ...taken }
  } catch (error) {
    putBack()
    throw error
  }
  putBack()
  return null
}

function putBack(held: readonly Part[], later: (work: Promise<void>) => void): void {
  for (const { bucket, window, amount } of held) later(bucket.settle(window, amount))
}

/** What goes on after a call was answered. */
function createBacklog(onFault: (error: unknown) => void) {
  const open = new Set<Promise<void>>()
  return {
    add: (work: Promise<void>) => {
      const one = work.catch(onFault).finally(() => open.delete(one))
      open.add(one)
    },
    done: async () => void (await Promise.allSettled([...open])),
  }
}

/** The first is the oldest; what it held is stranded until its window ends. */
function dropOldest(buckets: Map<string, Bucket>): void {
  const oldest = buckets.keys().next().value
  if (oldest !== undefined) buckets.delete(oldest)
}

interface SweepParts {
  readonly now: () => number
  readonly later: (work: Promise<void>) => void
}

/** Now and then, what nobody used for a while goes back; a failure strands it until its window ends. */
function createSweep(buckets: ReadonlyMap<string, Bucket>, { now, later }: SweepParts): () => void {
  let next = now() + sweepMs
  return () => {
    if (now() < next) return
    next = now() + sweepMs
    for (const bucket of buckets.values()) if (now() - bucket.touched() > sweepMs) later(bucket.giveBack())
  }
}
