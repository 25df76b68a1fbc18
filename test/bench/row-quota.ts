import type { StateTable } from '../../shared/state/state-table.ts'

/** Takes room for one call; null where there is none. What it gives settles the call. */
export type Reserve = () => Promise<((used: number) => Promise<void> | void) | null>

interface RowQuotaParts {
  readonly table: StateTable
  readonly now: () => number
  readonly limit: number
  readonly estimate: number
}

const mostTries = 50

/** The plain design: one row a window, read and replaced under its ETag by every call, before it and after it. */
export function createRowQuota(parts: RowQuotaParts): Reserve {
  return async () => {
    const window = String(Math.floor(parts.now() / 60_000))
    if (!(await add(parts, window, parts.estimate))) return null
    return async (used) => void (await add(parts, window, used - parts.estimate))
  }
}

async function add(parts: RowQuotaParts, window: string, amount: number): Promise<boolean> {
  for (let tries = 0; tries < mostTries; tries += 1) {
    const added = await tryAdd(parts, window, amount)
    if (added !== null) return added
  }
  throw new Error('the row was never free')
}

/** Null where another call was faster. */
async function tryAdd({ table, limit }: RowQuotaParts, window: string, amount: number): Promise<boolean | null> {
  const place = { partition: 'quota', key: window }
  const row = await table.find(place)
  const used = Number(row?.values.used ?? 0) + amount
  if (amount > 0 && used > limit) return false
  const etag = row === null ? await table.insert(place, { used }) : await table.replace(row, { used })
  return etag === null ? null : true
}
