import type { AnchorStore } from './anchor-log.ts'
import { parseCheckpoint } from './checkpoint.ts'
import { encodeStampRequest, readStampReply } from './time-stamp.ts'

/** Sends a request (DER) to the authority and gives its reply (DER); rejects where there is none. */
export type AskAuthority = (request: Uint8Array) => Promise<Uint8Array>

export interface TimeStamperOptions {
  readonly ask: AskAuthority
  readonly store: Pick<AnchorStore, 'readCheckpoint'> & {
    readonly putTimeToken: (size: number, token: Uint8Array) => Promise<void>
    readonly readTimeToken: (size: number) => Promise<Uint8Array | null>
  }
  readonly clock: () => number
  readonly random: (size: number) => Uint8Array
  /** Time between two tokens, in ms. */
  readonly everyMs?: number
}

/** What one run did. A fault is told and nothing more: sealing never waits for an authority. */
export type StampRun =
  | { readonly kind: 'stamped'; readonly size: number; readonly time: string }
  | { readonly kind: 'not_due' | 'nothing_to_stamp' }
  | { readonly kind: 'failed'; readonly reason: string }

const hour = 3_600_000
const nonceSize = 16

/**
 * Makes the job that has the newest checkpoint stamped once an hour and keeps the reply beside it. Run it after each run of
 * the sealer; it never rejects. After a fault it tries again at the next run.
 */
export function createTimeStamper(options: TimeStamperOptions): () => Promise<StampRun> {
  let next = Number.NEGATIVE_INFINITY
  return async () => {
    const now = options.clock()
    if (now < next) return { kind: 'not_due' }
    const run = await stampNewest(options).catch(describeFailure)
    if (run.kind === 'stamped' || run.kind === 'not_due') next = now + (options.everyMs ?? hour)
    return run
  }
}

function describeFailure(cause: unknown): StampRun {
  return { kind: 'failed', reason: cause instanceof Error ? cause.message.slice(0, 120) : 'unknown' }
}

async function stampNewest({ ask, store, random }: TimeStamperOptions): Promise<StampRun> {
  const note = await store.readCheckpoint()
  const size = note === null ? undefined : parseCheckpoint(note)?.checkpoint.size
  if (note === null || size === undefined) return { kind: 'nothing_to_stamp' }
  if ((await store.readTimeToken(size)) !== null) return { kind: 'not_due' }
  const request = { bytes: Buffer.from(note, 'utf8'), nonce: random(nonceSize) }
  const reply = await ask(encodeStampRequest(request))
  const read = readStampReply(reply, request)
  if (!read.ok) return { kind: 'failed', reason: read.fault }
  await store.putTimeToken(size, reply)
  return { kind: 'stamped', size, time: read.time }
}
