import { Problem } from '../errors/problem.ts'
import type { StatePlace, StateTable } from '../state/state-table.ts'

/** Whom a taint is of: a person through one agent. */
export interface TaintSubject {
  readonly tid: string
  readonly oid: string
  readonly actor: string
}

/** Who has read untrusted or personal content. Everything rejects with `policy_unavailable` where it cannot be told. */
export interface Taints {
  readonly isTainted: (subject: TaintSubject) => Promise<boolean>
  /** Durable when it resolves; holds for eight hours from now. */
  readonly mark: (subject: TaintSubject, decisionId: string) => Promise<void>
}

export interface TaintsParts {
  readonly table: Pick<StateTable, 'find' | 'insert' | 'replace'>
  readonly now: () => number
}

const holdsMs = 8 * 3_600_000
/** A mark that is younger stands: eight hours, less this. */
const renewMs = 5 * 60_000
const mostTries = 5
const mostKnown = 20_000

/**
 * Taints in a table of state. That there is one is remembered, since it only ever gets longer; that there is none never
 * is: an answer of another instance may have tainted the subject since, and its mark was durable before it left, so a
 * question that begins after the call came in cannot miss it. Questions for one subject that come while one is under way
 * share the next.
 */
export function createTaints({ table, now }: TaintsParts): Taints {
  const known = new Map<string, number>()
  const learn = (name: string, until: number) => {
    if (known.size >= mostKnown) known.clear()
    known.set(name, Math.max(until, known.get(name) ?? 0))
  }
  const ask = createShared(async (place: StatePlace) => Number((await table.find(place))?.values.until ?? 0))
  return {
    isTainted: async (subject) => {
      const place = placeOf(subject)
      const name = nameOf(place)
      if ((known.get(name) ?? 0) > now()) return true
      const until = await ask(name, place)
      if (until > now()) learn(name, until)
      return until > now()
    },
    mark: async (subject, decisionId) => {
      const place = placeOf(subject)
      const name = nameOf(place)
      const until = now() + holdsMs
      if ((known.get(name) ?? 0) > until - renewMs) return
      learn(name, await store(table, place, { until, decisionId }))
    },
  }
}

/** One question a name at a time; those that come meanwhile wait for the next one, which begins after they came. */
function createShared<T>(question: (place: StatePlace) => Promise<T>) {
  const running = new Map<string, Promise<T>>()
  const next = new Map<string, Promise<T>>()
  const start = (name: string, place: StatePlace): Promise<T> => {
    const one = question(place).finally(() => running.delete(name))
    running.set(name, one)
    return one
  }
  return (name: string, place: StatePlace): Promise<T> => {
    const now = running.get(name)
    if (now === undefined) return start(name, place)
    const waiting = next.get(name)
    if (waiting !== undefined) return waiting
    const after = now
      .catch(() => undefined)
      .then(() => {
        next.delete(name)
        return start(name, place)
      })
    next.set(name, after)
    return after
  }
}

/** The end that is stored in the end: a later one that is there already stays. */
async function store(
  table: TaintsParts['table'],
  place: StatePlace,
  { until, decisionId }: { readonly until: number; readonly decisionId: string },
): Promise<number> {
  for (let tries = 0; tries < mostTries; tries += 1) {
    const row = await table.find(place)
    const stored = Number(row?.values.until ?? 0)
    if (stored >= until) return stored
    const values = { until, decisionId }
    const etag = row === null ? await table.insert(place, values) : await table.replace(row, values)
    if (etag !== null) return until
  }
  throw new Problem('policy_unavailable', 'What this call has read could not be kept.', { retryAfter: 1 })
}

function placeOf({ tid, oid, actor }: TaintSubject): StatePlace {
  return { partition: `${tid}|${oid}`, key: actor }
}

function nameOf({ partition, key }: StatePlace): string {
  return `${partition}|${key}`
}
