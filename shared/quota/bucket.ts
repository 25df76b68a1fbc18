import { Problem } from '../errors/problem.ts'
import type { StatePlace, StateTable } from '../state/state-table.ts'
import { chunkOf, type QuotaRule } from './quota.ts'
import type { QuotaWindow } from './window.ts'

/** What one instance holds of one limit. */
export interface Bucket {
  readonly rule: QuotaRule
  /** Takes between `least` and `want`; null where there is less. Rejects with `policy_unavailable`. */
  readonly take: (need: Need) => Promise<Taken | null>
  /** Puts back what was not used of what was taken in that window; a negative amount is charged, past the limit too. */
  readonly settle: (window: string, amount: number) => Promise<void>
  /** Gives back all that nobody uses. */
  readonly giveBack: () => Promise<void>
  /** Epoch milliseconds of the last call. */
  readonly touched: () => number
}

export interface Need {
  readonly least: number
  readonly want: number
}

/** What was taken, and of which window. */
export interface Taken {
  readonly amount: number
  readonly window: string
}

export interface BucketParts {
  readonly table: Pick<StateTable, 'find' | 'insert' | 'replace'>
  readonly place: StatePlace
  readonly rule: QuotaRule
  readonly now: () => number
  readonly windowAt: (now: number) => QuotaWindow
}

interface Lease {
  readonly window: string
  /** By all instances together. */
  readonly leased: number
  /** Null where there is no row yet. */
  readonly etag: string | null
}

interface State {
  window: string
  /** Leased and not taken; below zero for what was charged and could not be leased. */
  have: number
  lease: Lease | null
  /** What callers wait for. */
  waiting: number
  /** Until then (epoch milliseconds) the row need not be asked again. */
  emptyUntil: number
  touched: number
}

const mostTries = 25
/** An exhausted limit is looked at so often; others may have given something back. */
const emptyMs = 1000

/**
 * Leases of one row: `leased` counts what all instances have taken for a window, and is changed by its ETag alone, so
 * that it never passes the limit. What is leased here is handed out without asking; a crash strands what it held. A
 * window that another clock has opened already is taken over: it counts once, wherever the clocks stand.
 */
export function createBucket(parts: BucketParts): Bucket {
  const state: State = { window: '', have: 0, lease: null, waiting: 0, emptyUntil: 0, touched: 0 }
  const turns = createTurns()
  const chunk = chunkOf(parts.rule)
  const give = (keep: number) => turns(() => returnSpare(state, keep, parts))
  return {
    rule: parts.rule,
    touched: () => state.touched,
    take: (need) => {
      roll(state, parts)
      if (state.waiting === 0 && state.have >= need.want) return Promise.resolve(grant(state, need))
      state.waiting += need.want
      return turns(() => takeInTurn(state, need, parts)).finally(() => {
        state.waiting -= need.want
      })
    },
    settle: async (window, amount) => {
      if (window !== state.window || amount === 0) return
      state.have += amount
      state.emptyUntil = 0
      if (state.have < 0) await turns(() => chargeDebt(state, parts))
      else if (state.have > 2 * chunk && state.waiting === 0) await give(chunk)
    },
    giveBack: () => give(0),
  }
}

/** One after the other, whatever becomes of those before. */
function createTurns() {
  let last: Promise<unknown> = Promise.resolve()
  return <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work)
    last = turn.catch(() => undefined)
    return turn
  }
}

function roll(state: State, { now, windowAt }: BucketParts): void {
  state.touched = now()
  const { name } = windowAt(state.touched)
  if (name > state.window) enter(state, name)
}

function enter(state: State, window: string): void {
  state.window = window
  state.have = 0
  state.emptyUntil = 0
}

function grant(state: State, { least, want }: Need): Taken | null {
  const amount = Math.min(want, Math.max(0, state.have))
  if (amount < least || amount === 0) return null
  state.have -= amount
  return { amount, window: state.window }
}

async function takeInTurn(state: State, need: Need, parts: BucketParts): Promise<Taken | null> {
  roll(state, parts)
  if (state.have < need.want && parts.now() >= state.emptyUntil) {
    // For all who wait at once, so that a crowd costs one lease.
    const wanted = Math.max(chunkOf(parts.rule), state.waiting - state.have, need.want - state.have)
    await lease(state, { wanted, past: false }, parts)
  }
  return grant(state, need)
}

/** What was used beyond its estimate counts at once, everywhere. */
async function chargeDebt(state: State, parts: BucketParts): Promise<void> {
  if (state.have < 0) await lease(state, { wanted: -state.have, past: true }, parts)
}

/** `past`: what is wanted is leased even where the limit is reached, since it was used. */
interface Wish {
  readonly wanted: number
  readonly past: boolean
}

async function lease(state: State, wish: Wish, parts: BucketParts): Promise<void> {
  for (let tries = 0; tries < mostTries; tries += 1) {
    if (await tryLease(state, wish, parts)) return
  }
  throw contended()
}

/** False where it has to be tried again: somebody was faster, or what we remembered was too old to refuse by. */
async function tryLease(state: State, { wanted, past }: Wish, parts: BucketParts): Promise<boolean> {
  const isRemembered = state.lease !== null
  const row = await currentLease(state, parts)
  const left = past ? wanted : Math.min(wanted, parts.rule.limit - row.leased)
  if (left < wanted && isRemembered) {
    state.lease = null
    return false
  }
  if (left <= 0) {
    state.emptyUntil = parts.now() + emptyMs
    return true
  }
  const made = await write(state, { ...row, leased: row.leased + left }, parts)
  // What came for a window that ended meanwhile is worth nothing in the next.
  if (!made || row.window !== state.window) return false
  state.have += left
  return true
}

async function returnSpare(state: State, keep: number, parts: BucketParts): Promise<void> {
  for (let tries = 0; tries < mostTries; tries += 1) {
    const row = await currentLease(state, parts)
    const spare = Math.min(state.have - keep, row.leased)
    if (spare <= 0 || row.etag === null || state.waiting > 0) return
    // Nobody here can take it from now on, so that it is never both given back and used.
    state.have -= spare
    if (await write(state, { ...row, leased: row.leased - spare }, parts)) return
    if (row.window === state.window) state.have += spare
  }
}

/** The row as last seen, or as it is, for our window: an older one counts for nothing any more, a newer one is ours. */
async function currentLease(state: State, { table, place }: BucketParts): Promise<Lease> {
  state.lease ??= await readLease(table, place)
  if (state.lease.window > state.window) enter(state, state.lease.window)
  if (state.lease.window === state.window) return state.lease
  return { window: state.window, leased: 0, etag: state.lease.etag }
}

async function readLease(table: BucketParts['table'], place: StatePlace): Promise<Lease> {
  const row = await table.find(place)
  if (row === null) return { window: '', leased: 0, etag: null }
  return { window: String(row.values.window), leased: Number(row.values.leased), etag: row.etag }
}

/** False where somebody else was first; what fails is in doubt, and the row is read anew the next time. */
async function write(state: State, { window, leased, etag }: Lease, { table, place, rule }: BucketParts) {
  const values = { rule: rule.name, window, leased, limit: rule.limit }
  state.lease = null
  const made = etag === null ? await table.insert(place, values) : await table.replace({ ...place, etag }, values)
  if (made !== null) state.lease = { window, leased, etag: made }
  return made !== null
}

function contended(): Problem {
  const detail = 'What is left of a quota cannot be told now.'
  return new Problem('policy_unavailable', detail, { retryAfter: 1, reason: 'quota_contended' })
}
