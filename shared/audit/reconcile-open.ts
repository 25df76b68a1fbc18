import type { TailRow } from './reconcile-tail.ts'
import type { IntentReference } from './record.ts'

/** An intent whose outcome was not seen. `at` is the row's time, epoch ms. */
export interface OpenIntent extends IntentReference {
  readonly decisionId: string
  readonly at: number
  readonly verdict: string
}

/** Intents without an outcome, and outcomes whose intent stands in a lane that was read before it was there. */
export interface OpenIntents {
  /** Takes rows in the order in which they were read. */
  add(rows: readonly TailRow[]): void
  /** The oldest first, at most `most`, none younger than `before` (epoch ms). */
  due(before: number, most: number): readonly OpenIntent[]
  close(decisionId: string): void
  size(): number
  /** Forgets outcomes that were waiting for their intent when the last complete round began: it will not come. */
  endRound(): void
  /** What has to be kept for the next run; JSON. */
  save(): SavedIntents
}

export interface SavedIntents {
  readonly open: readonly OpenIntent[]
  readonly early: readonly string[]
}

/** Starts from what an earlier run kept. */
export function createOpenIntents(saved: SavedIntents): OpenIntents {
  const open = new Map(saved.open.map((intent) => [intent.decisionId, intent]))
  const early = new Set(saved.early)
  let waiting = new Set(early)

  function addOutcome(decisionId: string): void {
    if (!open.delete(decisionId)) early.add(decisionId)
  }

  function addIntent(decisionId: string, intent: OpenIntent): void {
    if (!early.delete(decisionId)) open.set(decisionId, intent)
  }

  function take(row: TailRow): void {
    const decisionId = decisionOf(row)
    if (decisionId === undefined) return
    const intent = intentOf(row, decisionId)
    if (intent !== null) addIntent(decisionId, intent)
    else if (!isIntent(row)) addOutcome(decisionId)
  }

  return {
    add(rows) {
      for (const row of rows) take(row)
    },
    due: (before, most) =>
      [...open.values()]
        .filter(({ at }) => at < before)
        .sort((a, b) => a.at - b.at)
        .slice(0, most),
    close: (decisionId) => void open.delete(decisionId),
    size: () => open.size,
    endRound() {
      for (const decisionId of waiting) early.delete(decisionId)
      waiting = new Set(early)
    },
    save: () => ({ open: [...open.values()], early: [...early] }),
  }
}

function isIntent({ row }: TailRow): boolean {
  return (row.facts?.kind ?? row.columns.kind) === 'intent'
}

/** An outcome that was tampered with still tells that there was one: then a second must not be written. */
function decisionOf({ row, isAuthentic }: TailRow): string | undefined {
  if (row.facts?.decisionId !== undefined) return row.facts.decisionId
  const { decisionId } = row.columns
  return !isAuthentic && typeof decisionId === 'string' ? decisionId : undefined
}

function intentOf({ lane, segment, seq, row, isAuthentic }: TailRow, decisionId: string): OpenIntent | null {
  if (!isAuthentic || row.facts?.kind !== 'intent') return null
  const { time, verdict = '' } = row.facts
  return { decisionId, lane, segment, seq, mac: Buffer.from(row.mac).toString('hex'), at: Date.parse(time), verdict }
}
