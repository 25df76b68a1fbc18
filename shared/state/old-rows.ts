import type { StateRange, StateRow, StateTable } from './state-table.ts'

/** Tables of state whose rows are over some day. */
export const sweptTables = ['quotas', 'taints', 'usage', 'openapprovals', 'delegations', 'breakglass'] as const
export type SweptTable = (typeof sweptTables)[number]

export interface SweepOptions {
  readonly tables: Readonly<Record<SweptTable, Pick<StateTable, 'list' | 'discard'>>>
  /** Epoch milliseconds. */
  readonly now: number
  /** Days for which usage and reviewed emergency access are kept. */
  readonly retentionDays: number
  readonly tenants: readonly string[]
  readonly onFault: (table: SweptTable, error: unknown) => void
}

const dayMs = 86_400_000
/** Removed of one table in one run; what is left goes in the next. */
const mostRemoved = 2000
const atOnce = 16

/** Which rows of a table may be over, and which of them are. A row that cannot be read stays. */
interface Sweep {
  readonly ranges: readonly (StateRange | undefined)[]
  readonly isOver: (row: StateRow) => boolean
}

/**
 * Removes rows of operational state that count for nothing any more; how many, by table. A row that somebody changes
 * meanwhile stays, a table that does not answer is left for the next run.
 */
export async function sweepOldRows(options: SweepOptions): Promise<Readonly<Partial<Record<SweptTable, number>>>> {
  const removed: Partial<Record<SweptTable, number>> = {}
  const sweeps = describeSweeps(options)
  for (const name of sweptTables) {
    try {
      removed[name] = await sweepTable(options.tables[name], sweeps[name])
    } catch (error) {
      options.onFault(name, error)
    }
  }
  return removed
}

async function sweepTable(table: Pick<StateTable, 'list' | 'discard'>, { ranges, isOver }: Sweep): Promise<number> {
  const listed = await Promise.all(ranges.map((range) => table.list(range)))
  const over = listed.flat().filter(isOver).slice(0, mostRemoved)
  for (let at = 0; at < over.length; at += atOnce) await Promise.all(over.slice(at, at + atOnce).map(table.discard))
  return over.length
}

function describeSweeps({ now, retentionDays, tenants }: SweepOptions): Readonly<Record<SweptTable, Sweep>> {
  const daysAgo = (days: number) => new Date(now - days * dayMs).toISOString()
  const keptFrom = daysAgo(retentionDays).slice(0, 10)
  const everything = [undefined]
  const isPast = (until: unknown) => typeof until === 'number' && until < now
  return {
    // A window's name begins with its day: the longest one is a day, wherever its midnight is.
    quotas: { ranges: everything, isOver: ({ values }) => isBefore(values.window, daysAgo(2).slice(0, 10)) },
    taints: { ranges: everything, isOver: ({ values }) => isPast(values.until) },
    usage: {
      ranges: tenants.map((partition) => ({ partition, to: `${keptFrom}|` })),
      isOver: ({ key }) => isBefore(key, keptFrom),
    },
    openapprovals: { ranges: everything, isOver: ({ key }) => isBefore(key, daysAgo(1)) },
    delegations: {
      ranges: everything,
      isOver: ({ values }) => isBefore(isoOf(memberOf(values.body, 'until')), daysAgo(30)),
    },
    breakglass: {
      ranges: everything,
      isOver: ({ key, values }) => {
        const isDone = key.startsWith('active!') || (memberOf(values.value, 'review') ?? null) !== null
        const kept = key.startsWith('active!') ? 1 : retentionDays
        return isDone && isBefore(memberOf(values.value, 'until'), daysAgo(kept))
      },
    },
  }
}

/** Texts that begin as a date does; others are before nothing. */
function isBefore(text: unknown, limit: string): boolean {
  return typeof text === 'string' && /^\d{4}-\d\d-\d\d/.test(text) && text < limit
}

function isoOf(time: unknown): string | undefined {
  return typeof time === 'number' && Math.abs(time) < 8e15 ? new Date(time).toISOString() : undefined
}

function memberOf(text: unknown, name: string): unknown {
  try {
    return (JSON.parse(String(text)) as Readonly<Record<string, unknown>> | null)?.[name]
  } catch {
    return undefined
  }
}
