import type { AnchorStore } from './anchor-log.ts'
import { openWormBlobs, type WormBlobs, type WormBlobsOptions } from './worm-blobs.ts'
import { guardStore } from './worm-reports.ts'

export interface WormEvidenceOptions extends WormBlobsOptions {
  /** Blocks after which the log goes on in the next file; an append blob takes 50,000. */
  readonly blocksPerFile?: number
}

/** The anchors' store, and what else is kept beside them. */
export interface WormEvidence extends AnchorStore {
  /** Rows of a sealed segment (`L01|000001`), or null. */
  readonly readSegment: (name: string) => Promise<Uint8Array | null>
  /** Keeps a time stamp token over the checkpoint of that size; a second one is not written. */
  readonly putTimeToken: (size: number, token: Uint8Array) => Promise<void>
  readonly readTimeToken: (size: number) => Promise<Uint8Array | null>
}

const maxBlocks = 40_000

/**
 * Evidence in Azure Blob Storage, in a container whose immutability policy allows protected append writes: `anchors/`
 * holds the log as append blobs, `checkpoints/` one note a size, `segments/` the rows of sealed segments. The position
 * of every append is a condition of it, so the log's length decides between two sealers. Rejects with `audit_unavailable`.
 */
export function createWormEvidence(options: WormEvidenceOptions): WormEvidence {
  const blobs = openWormBlobs(options)
  const log: Log = { blobs, files: [], blocksPerFile: options.blocksPerFile ?? maxBlocks }
  const read = (name: string) => guardStore(async () => (await blobs.read(name))?.bytes ?? null)
  return {
    readLines: (from = 0) => guardStore(() => readLines(log, from)),
    appendLines: (at, lines) => guardStore(async () => at === countLines(log) && appendLines(log, lines)),
    readCheckpoint: async (size) =>
      textOf(size === undefined ? await readNewest(blobs, read) : await read(noteOf(size))),
    putCheckpoint: (size, note) =>
      guardStore(async () => void (await blobs.put(noteOf(size), Buffer.from(note, 'utf8')))),
    putSegment: (name, ndjson) =>
      guardStore(async () => {
        if (await blobs.put(segmentOf(name), ndjson)) return
        const kept = await blobs.read(segmentOf(name))
        if (kept === null || Buffer.compare(kept.bytes, ndjson) !== 0) throw new Error(`${name} holds other bytes`)
      }),
    readSegment: (name) => read(segmentOf(name)),
    putTimeToken: (size, token) => guardStore(async () => void (await blobs.put(tokenOf(size), token))),
    readTimeToken: (size) => read(tokenOf(size)),
  }
}

/** What this process knows of the log: the lengths of its files, so that only what is new is read. */
interface Log {
  readonly blobs: WormBlobs
  readonly blocksPerFile: number
  files: readonly LogFile[]
}

interface LogFile {
  readonly bytes: number
  readonly blocks: number
  readonly lines: number
}

function countLines({ files }: Log): number {
  return files.reduce((sum, { lines }) => sum + lines, 0)
}

/** Lines from `from` on: only the tail where that is all that is new, else everything anew. */
async function readLines(log: Log, from: number): Promise<string[]> {
  const isTail = from === countLines(log)
  const files = isTail ? [...log.files] : []
  const last = files.pop()
  const lines: string[] = []
  for (let known = last ?? none; ; known = none) {
    const read = await readFile(log.blobs, files.length, known)
    if (read === null) break
    files.push(read.file)
    lines.push(...read.lines)
  }
  log.files = files
  return isTail ? lines : lines.slice(from)
}

const none: LogFile = { bytes: 0, blocks: 0, lines: 0 }
const newline = 10

/** What stands in a file after what is known of it; null where there is no such file. */
async function readFile(blobs: WormBlobs, index: number, known: LogFile) {
  // One byte that is known already comes with it: a file that lost its end gives none.
  const from = Math.max(0, known.bytes - 1)
  const part = await blobs.read(fileOf(index), from)
  if (part === null && known.bytes === 0) return null
  const isSame = part !== null && (known.bytes === 0 || part.bytes[0] === newline)
  if (!isSame) throw new Error('the anchor log is shorter than it was')
  const fresh = Buffer.from(part.bytes).subarray(known.bytes - from)
  if (fresh.length > 0 && fresh.at(-1) !== newline) throw new Error('the anchor log ends within a line')
  const lines = fresh.toString('utf8').split('\n').slice(0, -1)
  const file = { bytes: known.bytes + fresh.length, blocks: part.blocks, lines: known.lines + lines.length }
  return { file, lines }
}

/** False where somebody else appended meanwhile. A full file is followed by the next, which depends on its length alone. */
async function appendLines(log: Log, lines: readonly string[]): Promise<boolean> {
  const last = log.files.at(-1)
  const isNew = last === undefined || last.blocks >= log.blocksPerFile
  const before = isNew ? log.files : log.files.slice(0, -1)
  const file = isNew || last === undefined ? none : last
  const name = fileOf(before.length)
  const body = Buffer.from(lines.map((line) => `${line}\n`).join(''), 'utf8')
  if (isNew) await log.blobs.create(name)
  if (!(await log.blobs.append(name, file.bytes, body))) return false
  const grown = { bytes: file.bytes + body.length, blocks: file.blocks + 1, lines: file.lines + lines.length }
  log.files = [...before, grown]
  return true
}

/** The largest size: names are padded, so that their order is that of the sizes; a thousand stand in one folder. */
async function readNewest(blobs: WormBlobs, read: (name: string) => Promise<Uint8Array | null>) {
  const newest = await guardStore(async () => {
    const folder = (await blobs.list('checkpoints/', true)).at(-1)
    return folder === undefined ? undefined : (await blobs.list(folder)).at(-1)
  })
  return newest === undefined ? null : read(newest)
}

function textOf(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes).toString('utf8')
}

function fileOf(index: number): string {
  return `anchors/${String(index + 1).padStart(6, '0')}.ndjson`
}

function noteOf(size: number): string {
  return `checkpoints/${String(Math.floor(size / 1000)).padStart(9, '0')}/${String(size).padStart(12, '0')}.txt`
}

function tokenOf(size: number): string {
  return `time/${String(size).padStart(12, '0')}.tsr`
}

function segmentOf(name: string): string {
  return `segments/${name.replace('|', '-')}.ndjson`
}
