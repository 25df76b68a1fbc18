import type { NightlyPorts } from './nightly-ports.ts'
import { createRunDocuments, type RunDocuments } from './run-documents.ts'
import { isTaken, type Run, saveRun } from './run-lease.ts'
import type { VerifyKey } from './verify-row.ts'

/** A night's run at work: its documents, keys that are fetched once, and who we are. */
export interface Night {
  readonly ports: NightlyPorts
  readonly documents: RunDocuments
  readonly keys: (kid: string) => Promise<VerifyKey | null>
  readonly owner: string
}

/** Keeps others away for so long, in ms; renewed between the steps. Nothing is doubled should two meet nevertheless. */
const holdMs = 600_000
const idSize = 8

/** Somebody else has the run in hand. */
const lost = 'the run was taken over'

export function startNight(ports: NightlyPorts): Night {
  const keys = rememberKeys(ports.keys)
  const { rows, clock, wait, random, runKeys } = ports
  const find = rememberKeys(runKeys.find)
  const documents = createRunDocuments({ rows, pacing: { clock, wait, random }, current: runKeys.current, find })
  return { ports, documents, keys, owner: Buffer.from(random(idSize)).toString('hex') }
}

/** Takes a run in hand; null where somebody else has it. */
export async function holdRun({ ports, owner }: Night, run: Run): Promise<Run | null> {
  const now = ports.clock()
  return isTaken(run, { owner, now }) ? null : saveRun(ports.rows, run, { owner, until: now + holdMs })
}

/** Goes on holding a run; rejects where it was taken over. */
export async function renewRun({ ports, owner }: Night, run: Run, changes: Partial<Run> = {}): Promise<Run> {
  const renewed = await saveRun(ports.rows, run, { owner, until: ports.clock() + holdMs, ...changes })
  if (renewed === null) throw new Error(lost)
  return renewed
}

/** Lets go of a run, so that others need not wait. */
export async function releaseRun({ ports }: Night, run: Run): Promise<void> {
  await saveRun(ports.rows, run, { until: ports.clock() })
}

function rememberKeys(find: NightlyPorts['keys']): NightlyPorts['keys'] {
  const known = new Map<string, ReturnType<NightlyPorts['keys']>>()
  return (kid) => {
    const pending = known.get(kid) ?? find(kid)
    known.set(kid, pending)
    pending.catch(() => known.delete(kid))
    return pending
  }
}
