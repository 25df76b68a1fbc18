import type { KeyObject } from 'node:crypto'
import * as z from 'zod'
import type { AnchorRecord } from './anchor.ts'
import { parseCanonicalText } from './canonical.ts'
import { leafDigest } from './chain.ts'
import { type Checkpoint, openCheckpoint } from './checkpoint.ts'
import { growTree } from './merkle.ts'
import { type AnchoredFacts, collectAnchors } from './verify-anchor-facts.ts'
import type { FindingKind } from './verify-findings.ts'

export type { AnchoredRow } from './verify-anchor-facts.ts'

/** What is wrong with the anchor log itself; nothing in it is then believed. */
export type AnchorFault = Extract<FindingKind, `anchor_${string}` | 'checkpoint_invalid'>

/** What a checked anchor log says about the book. */
export interface AnchoredBook extends AnchoredFacts {
  readonly checkpoint: Checkpoint
  /** Time of the newest record under the checkpoint, ISO 8601 UTC; null for an empty log. */
  readonly time: string | null
  readonly records: readonly AnchorRecord[]
}

/** An anchor log as it is stored. */
export interface AnchorLog {
  /** One record a line. Lines above the checkpoint are not signed yet and say nothing. */
  readonly lines: readonly string[]
  /** The newest checkpoint's note. */
  readonly note: string
  readonly origin: string
  /** The log's key, pinned: never one that came with the log. */
  readonly publicKey: KeyObject
  /** Notes of earlier checkpoints that the reader kept: the log must be a continuation of each. */
  readonly since?: readonly string[]
}

export type OpenedAnchors =
  | { readonly ok: true; readonly book: AnchoredBook }
  | { readonly ok: false; readonly fault: AnchorFault; readonly index: number; readonly detail: string }

const digest = z.string().regex(/^[0-9a-f]{64}$/)
const count = z.int().min(0)
const lane = z.string().regex(/^L\d{2,}$/)
const segment = z.int().min(1)

const time = z.iso.datetime({ precision: 3 })
const digests = { root: digest, mac: digest, from: time, to: time }

const recordSchema = () => {
  const of = <Kind extends string, Shape extends z.ZodRawShape>(kind: Kind, shape: Shape) =>
    z.strictObject({
      v: z.literal(1),
      origin: z.string(),
      index: count,
      time,
      kind: z.literal(kind),
      ...shape,
    })
  return z.discriminatedUnion('kind', [
    of('lane', { lane, prev: digest }),
    of('heads', {
      heads: z.array(z.strictObject({ lane, segment, first: count, nextSeq: z.int().min(1), ...digests })),
    }),
    of('seal', {
      seal: z.strictObject({
        ...{ lane, segment, first: count, count: z.int().min(1) },
        ...{ prev: digest, digest, ...digests },
      }),
    }),
    of('key', { kid: z.string().min(1), state: z.enum(['active', 'retired']) }),
    of('erasure', { decisions: count, ticket: digest }),
    of('retention', { lane, segment, root: digest }),
    of('failover', { lane, seq: count, toSeq: count }),
    of('report', { date: z.iso.date(), verdict: z.string(), digest }),
  ])
}

/**
 * Checks an anchor log against its newest checkpoint, the pinned key and every checkpoint that the reader kept, and
 * reads what it says. Needs no secret.
 */
export function openAnchorLog(log: AnchorLog): OpenedAnchors {
  const checkpoint = openCheckpoint(log.note, log)
  if (checkpoint === null) return fault('checkpoint_invalid', 0, 'no valid signature of the pinned key')
  const kept: Checkpoint[] = []
  for (const note of log.since ?? []) {
    const earlier = openCheckpoint(note, log)
    if (earlier === null) return fault('checkpoint_invalid', 0, 'an earlier checkpoint is not signed by the pinned key')
    kept.push(earlier)
  }
  return compareRoots(log, checkpoint, kept) ?? readRecords(log, checkpoint)
}

/** Grows the tree once and compares its root wherever a checkpoint names one; null where all agree. */
function compareRoots(log: AnchorLog, newest: Checkpoint, kept: readonly Checkpoint[]): OpenedAnchors | null {
  const isShorter = kept.find(({ size }) => size > newest.size)
  if (isShorter)
    return fault('anchor_log_rewritten', newest.size, `an earlier checkpoint had ${isShorter.size} records`)
  if (log.lines.length < newest.size) {
    return fault('anchor_log_truncated', log.lines.length, `the checkpoint names ${newest.size} records`)
  }
  const tree = growTree()
  const isRoot = (of: Checkpoint) => of.size !== tree.size() || Buffer.compare(of.root, tree.root()) === 0
  for (const line of ['', ...log.lines.slice(0, newest.size)].entries()) {
    if (line[0] > 0) tree.append(leafDigest(Buffer.from(line[1], 'utf8')))
    const other = kept.find((checkpoint) => !isRoot(checkpoint))
    if (other)
      return fault('anchor_log_rewritten', other.size, 'the log no longer begins as an earlier checkpoint says')
  }
  return isRoot(newest) ? null : fault('anchor_log_altered', newest.size, 'the records do not give the signed root')
}

function readRecords(log: AnchorLog, checkpoint: Checkpoint): OpenedAnchors {
  const read = createRecordReader(log.origin)
  const records: AnchorRecord[] = []
  for (const [index, line] of log.lines.slice(0, checkpoint.size).entries()) {
    const record = read(line)
    if (typeof record === 'string') return fault('anchor_malformed', index, record)
    records.push(record)
  }
  return { ok: true, book: { checkpoint, time: records.at(-1)?.time ?? null, ...collectAnchors(records), records } }
}

/** Reads the lines of a log one after the other from its first; says what is wrong with one that is no record of it. */
export function createRecordReader(origin: string): (line: string) => AnchorRecord | string {
  const schema = recordSchema()
  let [next, time] = [0, '']
  return (line) => {
    const parsed = schema.safeParse(parseCanonicalText(line))
    if (!parsed.success) return 'no record of this format'
    const record = parsed.data as AnchorRecord
    if (record.index !== next || record.origin !== origin) return 'the record states another place'
    if (record.time < time) return 'time goes backwards'
    time = record.time
    next++
    return record
  }
}

function fault(kind: AnchorFault, index: number, detail: string): OpenedAnchors {
  return { ok: false, fault: kind, index, detail }
}
