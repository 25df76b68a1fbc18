import type { AnchorFacts } from './anchor.ts'
import { type AnchorMemory, createAnchorMemory, followAnchors } from './anchor-memory.ts'
import { appendFacts, type SealerOptions, signEnd } from './sealer.ts'

export type AnchorRecorderOptions = Pick<SealerOptions, 'store' | 'sign' | 'publicKey' | 'origin' | 'clock'>

/** Adds single records to the anchor log, beside the sealer. Repeating one that is there does nothing. */
export interface AnchorRecorder {
  /** A sealed segment is removed from the table; `root` (hex) as its seal says. Throws where it was not sealed so. */
  readonly appendRetention: (lane: string, segment: number, root: string) => Promise<void>
  /** Rows `seq` to `toSeq` of a lane were lost by a change of region. Throws where one of them was sealed. */
  readonly appendFailover: (lane: string, seq: number, toSeq: number) => Promise<void>
}

const maxTries = 5

/** Makes a recorder with a memory of its own. Rejects with Error where the log is not as it was signed, or never ends. */
export function createAnchorRecorder(options: AnchorRecorderOptions): AnchorRecorder {
  let memory = createAnchorMemory(options.origin)
  const append = async (decide: (log: AnchorMemory) => AnchorFacts | null) => {
    for (let tries = 0; tries < maxTries; tries++) {
      const log = memory
      // Kept only if all goes well: a log that was not right is read anew.
      memory = createAnchorMemory(options.origin)
      if (!(await followAnchors(log, options))) await signEnd(options, log)
      const fact = decide(log)
      const isDone = fact === null || (await appendFacts(options, log, [fact]))
      memory = log
      if (isDone) return
    }
    throw new Error('other sealers are always quicker')
  }
  return {
    appendRetention: (lane, segment, root) =>
      append((log) => {
        if (log.sealOf(lane, segment) !== root) throw new Error('only a sealed segment can be removed')
        return log.isRemoved(lane, segment) ? null : { kind: 'retention', lane, segment, root }
      }),
    appendFailover: (lane, seq, toSeq) =>
      append((log) => {
        const end = log.upTo(lane)
        if (seq > toSeq || seq <= log.sealedUpTo(lane)) throw new Error('a sealed row is not lost: its copy is kept')
        const isDeclared = end !== undefined && end.mac === null && end.seq === seq - 1
        return isDeclared ? null : { kind: 'failover', lane, seq, toSeq }
      }),
  }
}
