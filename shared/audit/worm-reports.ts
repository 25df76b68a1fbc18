import { Problem } from '../errors/problem.ts'
import { openWormBlobs, type WormBlobsOptions } from './worm-blobs.ts'

/** What is kept for good: a name is given once. All reject with `audit_unavailable` where the store does not answer. */
export interface WormStore {
  /** Adds a file. The same bytes may be put again; other bytes under a name that is taken reject. */
  readonly put: (name: string, bytes: Uint8Array) => Promise<void>
  readonly read: (name: string) => Promise<Uint8Array | null>
  /** Names that begin so, in order. */
  readonly list: (prefix: string) => Promise<readonly string[]>
}

/** The container of the nightly reports in Azure Blob Storage, under an immutability policy like that of the evidence. */
export function createWormReports(options: WormBlobsOptions): WormStore {
  const blobs = openWormBlobs(options)
  return {
    put: (name, bytes) =>
      guardStore(async () => {
        if (await blobs.put(name, bytes)) return
        const kept = await blobs.read(name)
        if (kept === null || Buffer.compare(kept.bytes, bytes) !== 0) throw new Error(`${name} holds other bytes`)
      }),
    read: (name) => guardStore(async () => (await blobs.read(name))?.bytes ?? null),
    list: (prefix) => guardStore(() => blobs.list(prefix)),
  }
}

/** Runs work on the store; whatever it throws becomes `audit_unavailable`. */
export async function guardStore<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    const reason = `the evidence store: ${cause instanceof Error ? cause.message.slice(0, 120) : 'unknown'}`
    throw new Problem('audit_unavailable', 'The evidence store cannot be used.', { retryAfter: 5, reason })
  }
}
