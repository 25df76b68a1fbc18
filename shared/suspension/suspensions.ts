import { Problem } from '../errors/problem.ts'
import type { StateTable } from '../state/state-table.ts'
import { fromRow, type Suspension, type SuspensionTarget, stops, suspended, toValues } from './suspension.ts'

/** All suspensions, as this instance knows them. Everything rejects with `policy_unavailable` where it cannot be told. */
export interface Suspensions {
  /** What stops this call; null where nothing does. What it goes by is at most five seconds old. */
  readonly find: (target: SuspensionTarget) => Promise<Suspension | null>
  /** As the table has them now, those that are over left out. */
  readonly list: () => Promise<readonly Suspension[]>
  /** In force on this instance at once, on every other within five seconds. An earlier one of this id gives way. */
  readonly add: (suspension: Suspension) => Promise<void>
  readonly remove: (suspension: Pick<Suspension, 'tenant' | 'id'>) => Promise<void>
}

/**
 * A person who is suspended, whatever the agent, decides nothing for others either: no vote, no emergency, no lifting.
 * Throws Problem `suspended` or `policy_unavailable`.
 */
export async function requireUnsuspended(
  { tid, oid }: Pick<SuspensionTarget, 'tid' | 'oid'>,
  suspensions: Pick<Suspensions, 'find'>,
): Promise<void> {
  const found = await suspensions.find({ tid, oid, actor: '', backend: '', operation: '' })
  // A row that names nobody could be lifted by nobody then.
  if (found?.person !== undefined) throw suspended(found)
}

export interface SuspensionsParts {
  readonly table: StateTable
  readonly now: () => number
}

/** Milliseconds: what is older is asked for anew, and what is older than the second is not gone by any more. */
const freshMs = 1000
const mostMs = 4000
const mostTries = 5

interface Known {
  readonly all: readonly Suspension[]
  /** When it was asked for: what was stored before is in it. */
  readonly asOf: number
  /** Changes made by this instance before. */
  readonly changes: number
}

/**
 * Suspensions by asking, without a timer: what is a second old is asked for anew beside the call, what is four seconds
 * old before it, so that a call goes by nothing older than five, the way to the table included.
 */
export function createSuspensions({ table, now }: SuspensionsParts): Suspensions {
  let known: Known | undefined
  let asking: Promise<Known> | undefined
  let changes = 0
  const ageOf = ({ asOf, changes: before }: Known) => (before === changes ? now() - asOf : Number.POSITIVE_INFINITY)
  const ask = async (): Promise<Known> => {
    const begun = { asOf: now(), changes }
    const rows = await table.list()
    known = { all: rows.map(fromRow), ...begun }
    return known
  }
  const renew = (): Promise<Known> => {
    asking ??= ask().finally(() => {
      asking = undefined
    })
    return asking
  }
  const askNow = async (): Promise<Known> => {
    // What somebody else asked for may have been asked too early; what is asked for now has not.
    for (let tries = 0; tries < mostTries; tries += 1) {
      const asked = await renew()
      if (ageOf(asked) < mostMs) return asked
    }
    throw tooOld()
  }
  const current = (): Known | Promise<Known> => {
    const age = known === undefined ? mostMs : ageOf(known)
    if (known === undefined || age >= mostMs) return askNow()
    if (age >= freshMs) renew().catch(() => undefined)
    return known
  }
  return {
    find: async (target) => {
      const { all } = await current()
      return all.find((one) => stops(one, target, now())) ?? null
    },
    list: async () => (await table.list()).map(fromRow).filter(({ until }) => until === undefined || now() < until),
    add: async (suspension) => {
      await put(table, suspension)
      changes += 1
    },
    remove: async ({ tenant, id }) => {
      await table.remove({ partition: tenant, key: id })
      changes += 1
    },
  }
}

async function put(table: StateTable, suspension: Suspension): Promise<void> {
  const place = { partition: suspension.tenant, key: suspension.id }
  const values = toValues(suspension)
  for (let tries = 0; tries < mostTries; tries += 1) {
    const row = await table.find(place)
    const etag = row === null ? await table.insert(place, values) : await table.replace(row, values)
    if (etag !== null) return
  }
  throw new Problem('policy_unavailable', 'The suspension could not be stored.', { retryAfter: 1 })
}

function tooOld(): Problem {
  const detail = 'Whether this is suspended cannot be told now.'
  return new Problem('policy_unavailable', detail, { retryAfter: 5, reason: 'suspensions_too_old' })
}
