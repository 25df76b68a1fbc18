import { addWorkdays } from '../audit/workdays.ts'
import type { Principal } from '../identity/principal.ts'
import type { SealedRow, ValueSeal } from '../state/sealed-value.ts'
import type { StateTable } from '../state/state-table.ts'

/** The app role of people who may break the glass. It counts in the home tenant only. */
export const glassRole = 'Countersign.BreakGlass'
/** Most minutes of one use. */
export const mostMinutes = 30
/** Working days until an auditor has reviewed a use. */
const daysToReview = 2

/** One use of emergency access. Times are ISO 8601 UTC. */
export interface GlassUse {
  readonly id: string
  readonly tid: string
  readonly oid: string
  readonly actor: string
  readonly since: string
  readonly until: string
  readonly endedAt: string | null
  /** The chain holds a commitment of it under this salt (hex). */
  readonly justification: { readonly text: string; readonly salt: string }
  readonly review: { readonly oid: string; readonly at: string; readonly text: string; readonly salt: string } | null
}

/** A stored use; the ETag guards its next change. */
export interface StoredUse {
  readonly use: GlassUse
  readonly etag: string
}

interface Active {
  readonly use: string
  readonly oid: string
  readonly until: string
}

export interface BreakGlassOptions {
  readonly table: StateTable
  readonly seal: ValueSeal
  readonly homeTenant: string
  /** Epoch milliseconds. */
  readonly now: () => number
  /** Hears of a row that nobody who holds the key has written; must not throw. */
  readonly onForgery: (place: string) => void
}

/** Emergency access as it is kept. Everything but `isActive` rejects with `policy_unavailable` or `audit_unavailable`. */
export interface BreakGlass {
  /** Whether this person's calls are under it now; at most five seconds old, and false where it cannot be known. */
  readonly isActive: (principal: Principal) => Promise<boolean>
  readonly list: (tid: string) => Promise<readonly StoredUse[]>
  readonly find: (tid: string, id: string) => Promise<StoredUse | null>
  /** Keeps the use, which counts for nothing until it is opened. */
  readonly note: (use: GlassUse) => Promise<StoredUse | null>
  /** From here on it counts; false where the person has another. */
  readonly open: (use: GlassUse) => Promise<boolean>
  /** Ends what the person has open. */
  readonly close: (use: Pick<GlassUse, 'tid' | 'oid'>) => Promise<void>
  /** False where somebody else changed it first. */
  readonly replace: (stored: StoredUse, use: GlassUse) => Promise<boolean>
}

/** Milliseconds for which an answer of the table is used. */
const freshMs = 5000
const mostRemembered = 1000

/**
 * Uses and what is open, in rows that only a holder of the vault's key can write: who can write to the table alone can
 * break no glass, end no review, and is heard of.
 */
export function createBreakGlass(options: BreakGlassOptions): BreakGlass {
  const { table, now, onForgery } = options
  const unseal = async <T>(row: SealedRow): Promise<T | null> => {
    const value = await options.seal.open<T>(row)
    if (value === null) onForgery(row.key)
    return value
  }
  const seal = (partition: string, key: string, value: unknown) => options.seal.seal({ partition, key }, value)
  const findUse = async (tid: string, id: string): Promise<StoredUse | null> => {
    const row = await table.find({ partition: tid, key: useKey(id) })
    const use = row === null ? null : await unseal<GlassUse>(row)
    return row === null || use === null ? null : { use, etag: row.etag }
  }
  return {
    isActive: createLook(options, (row) => unseal<Active>(row)),
    find: findUse,
    list: async (tid) => {
      const rows = await table.list({ partition: tid, from: useKey(''), to: useKey('~') })
      const uses = await Promise.all(rows.map(async (row) => ({ use: await unseal<GlassUse>(row), etag: row.etag })))
      return uses.flatMap(({ use, etag }) => (use === null ? [] : [{ use, etag }]))
    },
    note: async (use) => {
      const etag = await table.insert(
        { partition: use.tid, key: useKey(use.id) },
        await seal(use.tid, useKey(use.id), use),
      )
      return etag === null ? null : { use, etag }
    },
    open: async ({ id, tid, oid, until }) => {
      const key = activeKey(oid)
      const values = await seal(tid, key, { use: id, oid, until } satisfies Active)
      const there = await table.find({ partition: tid, key })
      if (there === null) return (await table.insert({ partition: tid, key }, values)) !== null
      const active = await unseal<Active>(there)
      if (active !== null && Date.parse(active.until) > now()) return false
      return (await table.replace(there, values)) !== null
    },
    close: ({ tid, oid }) => table.remove({ partition: tid, key: activeKey(oid) }),
    replace: async ({ use: { tid, id }, etag }, use) =>
      (await table.replace({ partition: tid, key: useKey(id), etag }, await seal(tid, useKey(id), use))) !== null,
  }
}

/** Asked only for people who hold the role, so that nobody else's call waits for the table. */
function createLook({ table, homeTenant, now }: BreakGlassOptions, read: (row: SealedRow) => Promise<Active | null>) {
  const seen = new Map<string, { readonly until: number; readonly at: number }>()
  const look = async (oid: string): Promise<number> => {
    const row = await table.find({ partition: homeTenant, key: activeKey(oid) })
    const active = row === null ? null : await read(row)
    const until = active?.oid === oid ? Date.parse(active.until) : 0
    return until - now() > mostMinutes * 60_000 ? 0 : until
  }
  return async (principal: Principal): Promise<boolean> => {
    if (!mayBreak(principal, homeTenant)) return false
    const known = seen.get(principal.oid)
    if (known !== undefined && now() - known.at < freshMs) return known.until > now()
    const at = now()
    const until = await look(principal.oid).catch(() => 0)
    if (seen.size >= mostRemembered) seen.clear()
    seen.set(principal.oid, { until, at })
    return until > now()
  }
}

/** A person of the home tenant with the role, at the console or through an agent; no guest, no agent's own account. */
export function mayBreak({ kind, tid, guest, roles }: Principal, homeTenant: string): boolean {
  const person = kind === 'person' || kind === 'agent-for-person'
  return person && !guest && tid === homeTenant && roles.includes(glassRole)
}

/** Where a use stands at `now` (epoch milliseconds), and until which day (UTC) it is to be reviewed. */
export function standingOf(use: GlassUse, now: number) {
  const due = addWorkdays(use.since.slice(0, 10), daysToReview)
  const today = new Date(now).toISOString().slice(0, 10)
  return {
    isOpen: use.endedAt === null && Date.parse(use.until) > now,
    due,
    isOverdue: use.review === null && due < today,
  }
}

function useKey(id: string): string {
  return `use!${id}`
}

function activeKey(oid: string): string {
  return `active!${oid}`
}
