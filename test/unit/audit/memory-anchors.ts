// Imitates the evidence store in memory: lines are only appended, at the length that the writer knows; checkpoints and
// segments are only added. Differs: nothing forbids a test to reach into `lines`, as somebody with the account could not.
import { generateKeyPairSync, sign } from 'node:crypto'
import type { AnchorStore, NoteSigner } from '../../../shared/audit/anchor-log.ts'
import { noteKeyId } from '../../../shared/audit/checkpoint.ts'

export interface MemoryAnchors extends AnchorStore {
  lines: string[]
  readonly notes: Map<number, string>
  readonly segments: Map<string, Uint8Array>
  /** The last note, as a reader would have kept it. */
  newest: () => string
}

export const logKey = generateKeyPairSync('ec', { namedCurve: 'P-256' })

export function signWith({ privateKey, publicKey }: typeof logKey): NoteSigner {
  return async (text) => ({ keyId: noteKeyId(publicKey), signature: sign('sha256', text, privateKey) })
}

export function createMemoryAnchors(): MemoryAnchors {
  const notes = new Map<number, string>()
  const segments = new Map<string, Uint8Array>()
  const newest = () => notes.get(Math.max(...notes.keys())) ?? ''
  const store: MemoryAnchors = {
    lines: [],
    notes,
    segments,
    newest,
    readLines: async (from = 0) => store.lines.slice(from),
    async appendLines(at, lines) {
      if (at !== store.lines.length) return false
      store.lines.push(...lines)
      return true
    },
    readCheckpoint: async (size) => (size === undefined ? newest() || null : (notes.get(size) ?? null)),
    async putCheckpoint(size, note) {
      if (!notes.has(size)) notes.set(size, note)
    },
    async putSegment(name, ndjson) {
      const kept = segments.get(name)
      if (kept && Buffer.compare(kept, ndjson) !== 0) throw new Error('other bytes are kept under this name')
      segments.set(name, ndjson)
    },
  }
  return store
}
