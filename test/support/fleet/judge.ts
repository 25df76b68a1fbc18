/** Compares what the members of a fleet were told with what stands in the store. */
import type { RowDocument } from '../../../shared/audit/record.ts'
import { readStoredChain } from '../../../shared/audit/stored-chain.ts'
import { type VerifyOptions, type VerifyReport, verifyChain } from '../../../shared/audit/verify.ts'
import { key, kid } from '../../unit/audit/fixture.ts'
import type { FleetRun, Seen } from './fleet.ts'
import type { Noted } from './member.ts'

export interface FleetReport {
  /** All of it that is not as it has to be. */
  readonly findings: readonly string[]
  readonly verification: VerifyReport
  /** Of the chain alone, and of the openings with it. */
  readonly verifyMs: number
  readonly fullMs: number
  readonly receipts: number
  /** How many rows were refused, by what the refusal says. */
  readonly refusals: Readonly<Record<string, number>>
  readonly lanes: number
  readonly handovers: number
}

interface Stored {
  readonly kind: string
  readonly decisionId: string | undefined
  readonly mac: string
}

const hour = 3_600_000

/** Reads the whole store twice: once by itself, once by the verifier. */
export async function judgeFleet(run: FleetRun): Promise<FleetReport> {
  const stored = await readStored(run)
  const start = performance.now()
  await verify(run, {})
  const verifyMs = Math.round(performance.now() - start)
  const openings = (partition: string, id: string) => run.rows.read('pii', partition, id)
  const verification = await verify(run, { openings })
  const fullMs = Math.round(performance.now() - start) - verifyMs
  const receipts = run.noted.filter(({ refused }) => refused === undefined)
  const findings = [
    ...receipts.flatMap((noted) => findReceipt(stored, noted)),
    ...findDoubles(receipts),
    ...findSurplus(stored, run),
    ...findStrangeFindings(verification, run),
    ...findOverlaps(run.leases),
    ...run.codes.flatMap((code) => (code === 0 ? [] : [`a member ended with ${code}`])),
  ]
  const lanes = new Set(receipts.map(({ lane }) => lane)).size
  const refusals: Record<string, number> = {}
  for (const { kind, refused } of run.noted) {
    if (refused !== undefined) refusals[`${kind}: ${refused}`] = (refusals[`${kind}: ${refused}`] ?? 0) + 1
  }
  const handovers = countHandovers(run.leases)
  return { findings, verification, verifyMs, fullMs, receipts: receipts.length, refusals, lanes, handovers }
}

const placeOf = (lane: unknown, seq: unknown) => `${lane} ${seq}`

async function readStored({ rows }: FleetRun): Promise<Map<string, Stored>> {
  const stored = new Map<string, Stored>()
  for await (const page of rows.list('rows')) {
    for (const { rowKey, properties } of page) {
      if (rowKey === '!head') continue
      const { lane, seq, kind, decisionId } = JSON.parse(
        Buffer.from(properties.c as Uint8Array).toString(),
      ) as RowDocument
      const mac = Buffer.from(properties.mac as Uint8Array).toString('hex')
      if (stored.has(placeOf(lane, seq))) throw new Error(`${placeOf(lane, seq)} stands in the store twice`)
      stored.set(placeOf(lane, seq), { kind, decisionId, mac })
    }
  }
  return stored
}

function verify({ rows }: FleetRun, more: Pick<VerifyOptions, 'openings'>): Promise<VerifyReport> {
  return verifyChain({
    ...more,
    source: readStoredChain(rows),
    keys: async (id) => (id === kid ? { key } : null),
    // Long after the last row: what has no outcome by then has none.
    now: Date.now() + hour,
  })
}

/** The row of a receipt stands where the receipt says, with its decision, and its MAC where that was told. */
function findReceipt(stored: ReadonlyMap<string, Stored>, noted: Noted): readonly string[] {
  const { lane, seq, decisionId, kind, mac } = noted
  const found = stored.get(placeOf(lane, seq))
  const isThis = found?.decisionId === decisionId && found.kind === kind && (mac === undefined || mac === found.mac)
  return isThis ? [] : [`${kind} of ${decisionId} is not at ${placeOf(lane, seq)}`]
}

function findDoubles(receipts: readonly Noted[]): readonly string[] {
  const seen = new Set<string>()
  return receipts.flatMap(({ lane, seq }) => {
    const place = placeOf(lane, seq)
    const isDouble = seen.has(place)
    seen.add(place)
    return isDouble ? [`two receipts for ${place}`] : []
  })
}

/** A row that nobody has a receipt for was on its way when its writer was killed, or when it was refused. */
function findSurplus(stored: ReadonlyMap<string, Stored>, { noted, killed }: FleetRun): readonly string[] {
  const told = new Set(noted.map(({ decisionId, kind }) => `${decisionId} ${kind}`))
  const refused = new Set(noted.filter((one) => one.refused !== undefined).map(({ decisionId }) => decisionId))
  return [...stored].flatMap(([place, { kind, decisionId }]) => {
    if (decisionId === undefined || told.has(`${decisionId} ${kind}`)) return []
    const isExplained = killed.has(memberOf(decisionId)) || refused.has(decisionId)
    return isExplained ? [] : [`nobody knows of the ${kind} of ${decisionId} at ${place}`]
  })
}

const memberOf = (decisionId: string): string => decisionId.split('-')[0] ?? ''

/** Only intents may be without an outcome, and only where their writer was killed or was refused the outcome. */
function findStrangeFindings({ findings }: VerifyReport, { noted, killed }: FleetRun): readonly string[] {
  const refused = new Set(noted.filter((one) => one.refused !== undefined).map(({ decisionId }) => decisionId))
  return findings.flatMap(({ kind, lane, seq, detail }) => {
    const decisionId = /^decision (\S+) has no outcome$/.exec(detail)?.[1] ?? ''
    const isRight = kind === 'dangling_intent' && (killed.has(memberOf(decisionId)) || refused.has(decisionId))
    return isRight ? [] : [`${kind} ${placeOf(lane, seq)}: ${detail}`]
  })
}

/** A lane changes hands only once the lease of the hand before is over. */
function findOverlaps(leases: readonly Seen[]): readonly string[] {
  return eachChange(leases).flatMap(([before, after]) =>
    before.lease.until <= after.at && after.lease.term > before.lease.term
      ? []
      : [`${after.lease.lane} changed hands ${before.lease.until - after.at} ms before its lease was over`],
  )
}

function countHandovers(leases: readonly Seen[]): number {
  return eachChange(leases).length
}

function eachChange(leases: readonly Seen[]): readonly (readonly [Seen, Seen])[] {
  const held = new Map<string, Seen>()
  return leases.flatMap((seen) => {
    const before = held.get(seen.lease.lane)
    held.set(seen.lease.lane, seen)
    return before === undefined || before.lease.owner === seen.lease.owner ? [] : [[before, seen] as const]
  })
}
