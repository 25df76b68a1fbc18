import { type AnchorFacts, type AnchorRecord, anchorLine, anchorVersion } from './anchor.ts'
import { leafDigest } from './chain.ts'
import { type Checkpoint, checkpointText, formatCheckpoint } from './checkpoint.ts'
import { growTree } from './merkle.ts'

/** Where the anchor log is kept: lines are only ever appended, checkpoints and segments only ever added. */
export interface AnchorStore {
  /** The lines from number `from` (0 unless given) on, in order. Rejects where the store cannot answer. */
  readonly readLines: (from?: number) => Promise<readonly string[]>
  /** Appends lines after exactly `at` earlier ones; false where the log has another length. */
  readonly appendLines: (at: number, lines: readonly string[]) => Promise<boolean>
  /** Note of the checkpoint of this size, without one of the newest; null where there is none. */
  readonly readCheckpoint: (size?: number) => Promise<string | null>
  /** Keeps a checkpoint under its size; a second of the same size is not written. */
  readonly putCheckpoint: (size: number, note: string) => Promise<void>
  /** Keeps the rows of a sealed segment; the same bytes may be put again, other bytes reject. */
  readonly putSegment: (name: string, ndjson: Uint8Array) => Promise<void>
}

/** Signs a note's text by the log's key, which never leaves its vault: DER, with the first 4 bytes of the key's fingerprint. */
export type NoteSigner = (text: Uint8Array) => Promise<{ readonly keyId: Uint8Array; readonly signature: Uint8Array }>

/** The anchor log in hand. */
export interface AnchorWriter {
  readonly size: () => number
  readonly time: () => string
  /** Signs what the log is: what was appended before a crash, and not signed, must not wait for the next record. */
  readonly sign: () => Promise<void>
  /** Appends facts and signs what the log then is. False where another sealer was quicker: nothing was appended. */
  readonly append: (facts: readonly AnchorFacts[]) => Promise<boolean>
}

export interface AnchorWriterOptions {
  readonly store: AnchorStore
  readonly sign: NoteSigner
  readonly origin: string
  readonly clock: () => number
}

/** Opens the log at its end, reading all of it. */
export async function openAnchorWriter(options: AnchorWriterOptions): Promise<AnchorWriter> {
  const lines = await options.store.readLines()
  const tree = growTree()
  for (const line of lines) tree.append(leafOf(line))
  let time = timeOf(lines.at(-1))
  return {
    size: tree.size,
    time: () => time,
    sign: () => signLog(options, { size: tree.size(), root: tree.root() }),
    async append(facts) {
      const added = formatRecords(facts, { at: tree.size(), time, origin: options.origin, now: options.clock() })
      if (!(await options.store.appendLines(tree.size(), added))) return false
      for (const line of added) tree.append(leafOf(line))
      time = timeOf(added.at(-1))
      await signLog(options, { size: tree.size(), root: tree.root() })
      return true
    },
  }
}

/** Where records are put: after `at` others, of which the newest has `time`; `now` in epoch milliseconds. */
export interface RecordPlace {
  readonly at: number
  readonly time: string
  readonly origin: string
  readonly now: number
}

/** The lines of new records, in order. The log's own clock never goes back, whatever the machine's does. */
export function formatRecords(facts: readonly AnchorFacts[], { at, time, origin, now }: RecordPlace): string[] {
  const stated = new Date(now).toISOString()
  const stamp = stated > time ? stated : time
  return facts.map((fact, offset) => anchorLine({ ...fact, v: anchorVersion, origin, index: at + offset, time: stamp }))
}

/** Signs what the log is, and keeps the note. */
export async function signLog(
  { store, sign, origin }: Pick<AnchorWriterOptions, 'store' | 'sign' | 'origin'>,
  end: { readonly size: number; readonly root: Uint8Array },
): Promise<void> {
  const checkpoint: Checkpoint = { origin, ...end }
  const signed = await sign(checkpointText(checkpoint))
  await store.putCheckpoint(checkpoint.size, formatCheckpoint(checkpoint, { name: origin, ...signed }))
}

function leafOf(line: string): Uint8Array {
  return leafDigest(Buffer.from(line, 'utf8'))
}

function timeOf(line: string | undefined): string {
  return line === undefined ? '' : (JSON.parse(line) as AnchorRecord).time
}
