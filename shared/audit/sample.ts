import { hash } from 'node:crypto'
import type { AnchorRecord } from './anchor.ts'
import { leafDigest } from './chain.ts'
import { type Evidence, readAnchoredRows } from './evidence-source.ts'
import { type FoundRow, findRows, readHalf } from './export-decision.ts'
import { isIncluded } from './merkle.ts'
import { listSegments } from './verify-bundle-segments.ts'

/** What an auditor asks for. `seed` is text of his own choice; times are ISO 8601 UTC with milliseconds, inclusive. */
export interface SampleOrder {
  readonly size: number
  readonly seed: string
  readonly from: string
  readonly to: string
}

/** One drawn decision: its rows as they stand in the book, and whether their proofs hold under the signed root. */
export interface DrawnDecision {
  readonly decisionId: string
  readonly rank: string
  readonly rows: readonly DrawnRow[]
}

export interface DrawnRow {
  readonly kind: FoundRow['kind']
  readonly place: FoundRow['place']
  readonly proof: 'holds' | 'fails'
  /** The row as it was anchored. */
  readonly row: unknown
}

export interface Sample {
  /** Decisions in the time asked for, all of them anchored. */
  readonly population: number
  readonly drawn: readonly DrawnDecision[]
}

/**
 * The rank of a decision under a seed: SHA-256 of seed, newline and id, hex. The decisions with the lowest ranks are the
 * sample, so that anybody can draw it again from the list of ids, and nobody can steer it who does not know the seed.
 */
export function rankDecision(seed: string, decisionId: string): string {
  return hash('sha256', `${seed}\n${decisionId}`, 'hex')
}

/** Draws decisions by their intents' time and reads them with their outcomes, wherever those stand. */
export async function drawSample(evidence: Evidence, order: SampleOrder): Promise<Sample> {
  const { population, chosen } = await rankPopulation(evidence, order)
  const rows = await findRows(evidence, new Set(chosen.map(({ decisionId }) => decisionId)))
  const drawn = chosen.map(({ decisionId, rank }) => ({
    ...{ decisionId, rank },
    rows: rows.filter((row) => row.decisionId === decisionId).map((row) => drawRow(evidence, row)),
  }))
  return { population, drawn }
}

interface Ranked {
  readonly decisionId: string
  readonly rank: string
}

/** Counts the population and keeps the lowest ranks, never more than twice the size of the sample in memory. */
async function rankPopulation(evidence: Evidence, order: SampleOrder) {
  const { size, seed } = order
  let population = 0
  let chosen: Ranked[] = []
  for (const segment of listSegments(evidence.book.records, order)) {
    const lines = (await readAnchoredRows(evidence.source, segment))?.slice(0, segment.size) ?? []
    for (const decisionId of lines.flatMap((line) => decisionIn(line, order))) {
      population++
      chosen.push({ decisionId, rank: rankDecision(seed, decisionId) })
      if (chosen.length >= 2 * size) chosen = lowest(chosen, size)
    }
  }
  return { population, chosen: lowest(chosen, size) }
}

/** The decision that was made in this row, if that was in the time asked for. */
function decisionIn(line: Uint8Array, { from, to }: SampleOrder): string[] {
  const row = readHalf(line)
  return row?.kind === 'intent' && row.time >= from && row.time <= to ? [row.decisionId] : []
}

function lowest(ranked: readonly Ranked[], size: number): Ranked[] {
  return [...ranked].sort((a, b) => (a.rank < b.rank ? -1 : 1)).slice(0, size)
}

function drawRow({ book }: Evidence, { kind, place, line, path, anchor }: FoundRow): DrawnRow {
  const part = partOf(book.records[anchor], place)
  const holds =
    part !== undefined &&
    isIncluded({
      ...{ leaf: leafDigest(line), index: place.seq - part.first, size: part.size },
      ...{ proof: path, root: Buffer.from(part.root, 'hex') },
    })
  const row: unknown = JSON.parse(Buffer.from(line).toString('utf8'))
  return { kind, place, proof: holds ? 'holds' : 'fails', row }
}

function partOf(record: AnchorRecord | undefined, { lane, segment }: FoundRow['place']) {
  if (record?.kind === 'seal') return { ...record.seal, size: record.seal.count }
  const heads = record?.kind === 'heads' ? record.heads : []
  const head = heads.find((one) => one.lane === lane && one.segment === segment)
  return head && { ...head, size: head.nextSeq - head.first }
}
