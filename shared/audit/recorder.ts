import { hash } from 'node:crypto'
import { Problem } from '../errors/problem.ts'
import { type Opening, type Pause, persistOpenings } from './openings.ts'
import { type Pacing, pauseUntil } from './pause.ts'
import type { StoredEntity } from './record.ts'
import {
  decrypt,
  encrypt,
  personKeyPartition,
  type RecordedPerson,
  recordingPartition,
  wrappingKey,
} from './recording.ts'
import type { Properties, RowStore } from './store.ts'

/** A call as it is recorded: what was asked, and what was answered after masking. */
export interface RecordedCall {
  readonly decisionId: string
  readonly person: RecordedPerson
  /** UTF-8, JSON. */
  readonly content: Uint8Array
}

export interface RecorderOptions {
  readonly rows: RowStore
  /** The vault's secret from which the wrapping key is derived, and its version. */
  readonly secret: () => Promise<{ readonly version: string; readonly secret: Uint8Array }>
  readonly pacing: Pacing
  /** Milliseconds after which a recording that is not durable has failed. */
  readonly deadlineMs?: number
}

/** Keeps and opens recordings. */
export interface Recorder {
  /** SHA-256 (hex) of the ciphertext, once that is durable. Rejects with `audit_unavailable`. */
  readonly keep: (call: RecordedCall) => Promise<string>
  /** Null where there is none, or it was erased, or belongs to another tenant than `tid` (null: any). Rejects with `audit_unavailable`. */
  readonly open: (
    decisionId: string,
    tid: string | null,
  ) => Promise<{ readonly digest: string; readonly content: Uint8Array } | null>
}

const nonceSize = 12
const keySize = 32
const chunkSize = 64 * 1024
const chunksPerEntity = 14
const maxBytes = 16 * 1024 * 1024
const defaultDeadline = 5000

/** Recordings in the erasable table, each under the key of its person and month, which stands there wrapped. */
export function createRecorder(options: RecorderOptions): Recorder {
  const { rows, pacing } = options
  return {
    async keep(call) {
      if (call.content.length > maxBytes) throw unavailable('the recording is larger than 16 MiB')
      const pause = pauseUntil(pacing.clock() + (options.deadlineMs ?? defaultDeadline), pacing)
      const month = new Date(pacing.clock()).toISOString().slice(0, 7)
      const { person, decisionId } = call
      const { key, row } = await personKey(options, { person, month, pause })
      const binding = ['recording/v1', decisionId, person.tid] as const
      const sealed = encrypt(key, call.content, { nonce: pacing.random(nonceSize), binding })
      const about = { tid: person.tid, keys: personKeyPartition(person), row }
      // The entity with the description comes last: what has none is no recording.
      for (const entity of cut(decisionId, sealed, about).reverse()) {
        await persistOpenings(rows, [entity], pauseUntil(pacing.clock() + defaultDeadline, pacing))
      }
      return hash('sha256', sealed, 'hex')
    },
    async open(decisionId, tid) {
      const parts = await readParts(rows, decisionId)
      const about = parts[0]?.properties
      if (about?.parts !== parts.length || (tid !== null && about.tid !== tid)) return null
      const sealed = Buffer.concat(parts.flatMap(({ properties }) => chunksOf(properties)))
      const key = await findKey(options, String(about.keys), String(about.row))
      const content = key && decrypt(key, sealed, ['recording/v1', decisionId, String(about.tid)])
      return content && { digest: hash('sha256', sealed, 'hex'), content }
    },
  }
}

interface KeyOrder {
  readonly person: RecordedPerson
  readonly month: string
  readonly pause: Pause
}

interface PersonKey {
  readonly key: Uint8Array
  readonly row: string
}

/**
 * The person's key of the month (and of the wrapping secret's version), made at the first recording; two that make it at
 * once agree on the one that is stored.
 */
async function personKey(options: RecorderOptions, { person, month, pause }: KeyOrder): Promise<PersonKey> {
  const partition = personKeyPartition(person)
  const { rows, pacing } = options
  const { version, secret } = await options.secret()
  const row = `${month}.${version}`
  for (let attempt = 0; await pause(attempt); attempt++) {
    const known = await findKey(options, partition, row)
    if (known) return { key: known, row }
    const binding = ['recording-key/v1', partition, row] as const
    const nonce = pacing.random(nonceSize)
    const wrapped = encrypt(wrappingKey(secret), pacing.random(keySize), { nonce, binding })
    const entity = { partitionKey: partition, rowKey: row, properties: { wrapped, version } }
    // Whatever became of it, the stored one counts.
    await rows.commit('pii', [{ kind: 'insert', entity }])
  }
  throw unavailable('the person’s key cannot be stored')
}

/** Null where there is none; rejects where it is wrapped under a version of the secret that is not at hand. */
async function findKey(options: RecorderOptions, partition: string, row: string): Promise<Uint8Array | null> {
  const stored = await options.rows.read('pii', partition, row)
  if (stored === null) return null
  const { version, secret } = await options.secret()
  const { wrapped } = stored.properties
  const isReadable = stored.properties.version === version && wrapped instanceof Uint8Array
  const key = isReadable ? decrypt(wrappingKey(secret), wrapped, ['recording-key/v1', partition, row]) : null
  if (key === null) throw unavailable('the person’s key cannot be unwrapped')
  return key
}

function cut(decisionId: string, sealed: Uint8Array, about: Properties): Opening[] {
  const size = chunkSize * chunksPerEntity
  const parts = Math.ceil(sealed.length / size)
  return Array.from({ length: parts }, (_, part) => {
    const bytes = sealed.subarray(part * size, (part + 1) * size)
    const count = Math.ceil(bytes.length / chunkSize)
    const chunks = Array.from({ length: count }, (_none, at) => [
      `c${at}`,
      bytes.subarray(at * chunkSize, (at + 1) * chunkSize),
    ])
    const properties = { ...(part === 0 ? { ...about, parts } : {}), ...Object.fromEntries(chunks) }
    const rowKey = String(part).padStart(4, '0')
    return { entity: { partitionKey: recordingPartition(decisionId), rowKey, properties }, size: bytes.length }
  })
}

async function readParts(rows: RowStore, decisionId: string): Promise<StoredEntity[]> {
  const parts: StoredEntity[] = []
  for await (const page of rows.list('pii', { partitionKey: recordingPartition(decisionId) })) parts.push(...page)
  return parts
}

function chunksOf(properties: StoredEntity['properties']): Uint8Array[] {
  const chunks: Uint8Array[] = []
  for (let chunk = properties.c0; chunk instanceof Uint8Array; chunk = properties[`c${chunks.length}`]) {
    chunks.push(chunk)
  }
  return chunks
}

function unavailable(reason: string): Problem {
  return new Problem('audit_unavailable', 'The recording cannot be kept.', { retryAfter: 5, reason })
}
