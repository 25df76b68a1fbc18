import type { ContainerClient, RestError } from '@azure/storage-blob'
import { Problem } from '../errors/problem.ts'
import type { AnchorStore } from './anchor-log.ts'
import type { TokenSource } from './store.ts'

export interface WormEvidenceOptions {
  /** Account URL and who we are there, or a connection string (the local stack). */
  readonly account: { readonly url: string; readonly credential: TokenSource } | { readonly connectionString: string }
  readonly container: string
  /** Blocks after which the log goes on in the next file; an append blob takes 50,000. */
  readonly blocksPerFile?: number
}

const maxBlocks = 40_000

/**
 * Evidence in Azure Blob Storage, in a container whose immutability policy allows protected append writes: `anchors/`
 * holds the log as append blobs, `checkpoints/` one note a size, `segments/` the rows of sealed segments. The position
 * of every append is a condition of it, so the log's length decides between two sealers. Rejects with `audit_unavailable`.
 */
export function createWormEvidence(options: WormEvidenceOptions): AnchorStore {
  let opened: Promise<ContainerClient> | undefined
  const container = () => {
    opened ??= openContainer(options)
    return opened
  }
  const state: LogState = { files: [], lines: 0 }
  const blocksPerFile = options.blocksPerFile ?? maxBlocks
  return {
    readLines: () => guard(async () => readLines(await container(), state)),
    appendLines: (at, lines) =>
      guard(async () => at === state.lines && appendLines(await container(), { state, lines, blocksPerFile })),
    readCheckpoint: () => guard(async () => readNewest(await container(), state)),
    putCheckpoint: (size, note) =>
      guard(async () => putOnce(await container(), { name: checkpointName(size), bytes: Buffer.from(note, 'utf8') })),
    putSegment: (name, ndjson) =>
      guard(async () =>
        putOnce(await container(), { name: `segments/${name.replace('|', '-')}.ndjson`, bytes: ndjson }),
      ),
  }
}

/** What was read of the log: its files' lengths in bytes and blocks, and its lines. */
interface LogState {
  files: { readonly bytes: number; readonly blocks: number }[]
  lines: number
}

interface Appending {
  readonly state: LogState
  readonly lines: readonly string[]
  readonly blocksPerFile: number
}

async function openContainer({ account, container }: WormEvidenceOptions): Promise<ContainerClient> {
  const sdk = await import('@azure/storage-blob')
  // A retried append whose first reply was lost would be refused as somebody else's.
  const settings = { retryOptions: { maxTries: 1 } }
  const service =
    'url' in account
      ? new sdk.BlobServiceClient(account.url, account.credential, settings)
      : sdk.BlobServiceClient.fromConnectionString(account.connectionString, settings)
  return service.getContainerClient(container)
}

async function readLines(container: ContainerClient, state: LogState): Promise<string[]> {
  const files: LogState['files'] = []
  const lines: string[] = []
  for (;;) {
    const file = await readFile(container, fileName(files.length))
    if (file === null) break
    files.push(file)
    lines.push(...file.text.split('\n').slice(0, -1))
  }
  Object.assign(state, { files, lines: lines.length })
  return lines
}

async function readFile(container: ContainerClient, name: string) {
  const blob = container.getAppendBlobClient(name)
  try {
    const answer = await blob.download()
    const text = await streamText(answer.readableStreamBody)
    return { bytes: Buffer.byteLength(text), blocks: answer.blobCommittedBlockCount ?? 0, text }
  } catch (cause) {
    if (statusOf(cause) === 404) return null
    throw cause
  }
}

async function streamText(stream: NodeJS.ReadableStream | undefined): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of stream ?? []) chunks.push(chunk as Uint8Array)
  return Buffer.concat(chunks).toString('utf8')
}

/** False where somebody else appended meanwhile. A full file is followed by the next, which depends on its length alone. */
async function appendLines(container: ContainerClient, { state, lines, blocksPerFile }: Appending): Promise<boolean> {
  const last = state.files.at(-1)
  const isNew = last === undefined || last.blocks >= blocksPerFile
  const at = isNew ? state.files.length : state.files.length - 1
  const { bytes, blocks } = isNew || last === undefined ? { bytes: 0, blocks: 0 } : last
  const blob = container.getAppendBlobClient(fileName(at))
  const body = Buffer.from(lines.map((line) => `${line}\n`).join(''), 'utf8')
  try {
    if (isNew) await blob.createIfNotExists()
    await blob.appendBlock(body, body.length, { conditions: { appendPosition: bytes } })
  } catch (cause) {
    if (statusOf(cause) === 412) return false
    throw cause
  }
  state.files[at] = { bytes: bytes + body.length, blocks: blocks + 1 }
  state.lines += lines.length
  return true
}

/** The largest size: names are padded, so that their order is that of the sizes; a thousand stand under one prefix. */
async function readNewest(container: ContainerClient, state: LogState): Promise<string | null> {
  const { lines } = state.files.length === 0 ? { lines: (await readLines(container, state)).length } : state
  for (let bucket = bucketOf(lines); bucket >= 0; bucket--) {
    let newest: string | null = null
    for await (const { name } of container.listBlobsFlat({ prefix: bucketName(bucket) })) newest = name
    if (newest !== null) return (await container.getBlockBlobClient(newest).downloadToBuffer()).toString('utf8')
  }
  return null
}

/** Adds a blob; one that is there already must hold the same bytes, unless it is a checkpoint (signatures differ). */
async function putOnce(
  container: ContainerClient,
  { name, bytes }: { name: string; bytes: Uint8Array },
): Promise<void> {
  const blob = container.getBlockBlobClient(name)
  try {
    await blob.uploadData(bytes, { conditions: { ifNoneMatch: '*' } })
  } catch (cause) {
    if (statusOf(cause) !== 409) throw cause
    if (name.startsWith('checkpoints/')) return
    if (Buffer.compare(await blob.downloadToBuffer(), bytes) !== 0) throw new Error(`${name} holds other bytes`)
  }
}

function fileName(index: number): string {
  return `anchors/${String(index + 1).padStart(6, '0')}.ndjson`
}

function checkpointName(size: number): string {
  return `${bucketName(bucketOf(size))}${String(size).padStart(12, '0')}.txt`
}

function bucketOf(size: number): number {
  return Math.floor(size / 1000)
}

function bucketName(bucket: number): string {
  return `checkpoints/${String(bucket).padStart(9, '0')}/`
}

async function guard<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    const reason = `the evidence store: ${cause instanceof Error ? cause.message.slice(0, 120) : 'unknown'}`
    throw new Problem('audit_unavailable', 'The evidence store cannot be used.', { retryAfter: 5, reason })
  }
}

function statusOf(cause: unknown): number {
  return (cause as RestError | undefined)?.statusCode ?? 0
}
