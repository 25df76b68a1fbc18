import { createHmac, hash, type KeyObject } from 'node:crypto'
import { Problem } from '../errors/problem.ts'
import { encodeFields, isSameDigest } from './chain.ts'
import type { Pacing } from './pause.ts'
import type { StoredEntity } from './record.ts'
import type { AuditKey, Commit, Entity, RowStore, Write } from './store.ts'

/** What the documents of a run are kept with. */
export interface DocumentOptions {
  readonly rows: RowStore
  readonly pacing: Pacing
  /** The key under which a document is authenticated. */
  readonly current: () => Promise<AuditKey>
  /** Null for a key that does not exist; rejects where that cannot be found out. */
  readonly find: (kid: string) => Promise<{ readonly key: KeyObject } | null>
}

/** Where a document stands: the night, and its name in it. */
export interface DocumentPlace {
  readonly run: string
  readonly name: string
}

/**
 * Documents of the nightly runs, in the table `runs`: each is written once, and stays. A MAC covers place and content, so
 * that whoever may write the table and holds no key can remove a document but not change one.
 */
export interface RunDocuments {
  /** Keeps a document unless there is one; answers with the one that is kept. */
  readonly put: <T>(place: DocumentPlace, value: T) => Promise<T>
  /** Writes the content, and gives back the write that makes it count: for a transaction of the caller's. */
  readonly prepare: (place: DocumentPlace, value: unknown) => Promise<Write>
  /** Null where there is none, or none that is authentic. Rejects with `audit_unavailable`. */
  readonly read: <T>(place: DocumentPlace) => Promise<T | null>
  /** Names of the documents of a night that begin so. */
  readonly names: (run: string, prefix: string) => Promise<readonly string[]>
}

// A property holds 64 KiB, an entity a mebibyte; what is listed is kept small, so that a page holds many.
const chunkSize = 64 * 1024
const chunksPerPart = 8
const inlineSize = 4 * 1024
const attempts = 6

export function createRunDocuments(options: DocumentOptions): RunDocuments {
  const { rows } = options
  async function prepare(place: DocumentPlace, value: unknown): Promise<Write> {
    const bytes = Buffer.from(JSON.stringify(value), 'utf8')
    const digest = hash('sha256', bytes, 'hex')
    const isInline = bytes.length <= inlineSize
    if (!isInline) for (const part of splitParts(place.run, digest, bytes)) await insertOnce(options, part)
    const { kid, key } = await options.current()
    const mac = documentMac(key, { ...place, kid, digest })
    const properties = { digest, size: bytes.length, kid, mac, ...(isInline ? { c: bytes } : {}) }
    return { kind: 'insert', entity: { partitionKey: partitionOf(place.run), rowKey: place.name, properties } }
  }
  async function read<T>(place: DocumentPlace): Promise<T | null> {
    const stored = await rows.read('runs', partitionOf(place.run), place.name)
    const bytes = stored && (await openDocument(options, { place, stored }))
    return bytes === null ? null : (JSON.parse(bytes.toString('utf8')) as T)
  }
  return {
    prepare,
    read,
    async put<T>(place: DocumentPlace, value: T): Promise<T> {
      const kept = await read<T>(place)
      if (kept !== null) return kept
      const write = await prepare(place, value)
      await insertOnce(options, write.entity)
      await replaceForeign(options, place, write.entity)
      const found = await read<T>(place)
      if (found === null) throw unavailable(`${place.name} of ${place.run} was changed`)
      return found
    },
    async names(run, prefix) {
      const names: string[] = []
      const range = { partitionKey: partitionOf(run), from: prefix, to: `${prefix}~` }
      for await (const page of rows.list('runs', range)) names.push(...page.map(({ rowKey }) => rowKey))
      return names
    },
  }
}

/** Partition of a night's documents. */
export function partitionOf(run: string): string {
  return `run|${run}`
}

function* splitParts(run: string, digest: string, bytes: Buffer): Iterable<Entity> {
  for (let at = 0, part = 0; at < bytes.length; part++) {
    const properties: Record<string, Uint8Array> = {}
    for (let chunk = 0; chunk < chunksPerPart && at < bytes.length; chunk++, at += chunkSize) {
      properties[`c${chunk}`] = bytes.subarray(at, at + chunkSize)
    }
    yield { partitionKey: `part|${run}`, rowKey: partKey(digest, part), properties }
  }
}

function partKey(digest: string, part: number): string {
  return `${digest}|${String(part).padStart(6, '0')}`
}

/** Inserts, or finds that somebody has; a lost reply is followed by the same insert again, which says so. */
async function insertOnce({ rows, pacing }: DocumentOptions, entity: Entity): Promise<void> {
  let commit: Commit = { ok: false, fault: 'throttled', detail: '' }
  for (let attempt = 0; attempt < attempts; attempt++) {
    commit = await rows.commit('runs', [{ kind: 'insert', entity }])
    if (commit.ok || commit.fault === 'lost-race') return
    if (commit.fault === 'rejected') break
    await pacing.wait(25 * 2 ** attempt)
  }
  throw unavailable(commit.ok ? '' : commit.detail)
}

/** What stands in the place and is not authentic is nobody's document, and must not keep ours out for good. */
async function replaceForeign(options: DocumentOptions, place: DocumentPlace, entity: Entity): Promise<void> {
  const stored = await options.rows.read('runs', entity.partitionKey, entity.rowKey)
  if (stored === null || (await openDocument(options, { place, stored })) !== null) return
  await options.rows.commit('runs', [{ kind: 'replace', entity, etag: stored.etag }])
}

interface Opening {
  readonly place: DocumentPlace
  readonly stored: StoredEntity
}

async function openDocument(options: DocumentOptions, { place, stored }: Opening): Promise<Buffer | null> {
  const { digest, size, kid, mac, c } = stored.properties
  if (typeof kid !== 'string' || typeof digest !== 'string' || !(mac instanceof Uint8Array)) return null
  const held = await options.find(kid)
  if (held === null || !isSameDigest(documentMac(held.key, { ...place, kid, digest }), mac)) return null
  const bytes = c instanceof Uint8Array ? Buffer.from(c) : await readParts(options.rows, place.run, { digest, size })
  return hash('sha256', bytes, 'hex') === digest ? bytes : null
}

async function readParts(
  rows: RowStore,
  run: string,
  { digest, size }: { digest: string; size: unknown },
): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  const parts = Math.ceil(Number(size) / (chunkSize * chunksPerPart))
  for (let part = 0; part < parts; part++) {
    const stored = await rows.read('runs', `part|${run}`, partKey(digest, part))
    for (let chunk = 0; stored?.properties[`c${chunk}`] instanceof Uint8Array; chunk++) {
      chunks.push(stored.properties[`c${chunk}`] as Uint8Array)
    }
  }
  return Buffer.concat(chunks)
}

function documentMac(key: KeyObject, of: DocumentPlace & { kid: string; digest: string }): Buffer {
  const fields = encodeFields(['audit-run/v1', of.kid, of.run, of.name, of.digest])
  return createHmac('sha256', key).update(fields).digest()
}

function unavailable(reason: string): Problem {
  return new Problem('audit_unavailable', 'The table of the nightly runs cannot be used.', { retryAfter: 60, reason })
}
