import type { EntryPlace, Selector } from './index-keys.ts'
import { parseEntryKey } from './index-keys.ts'
import { type Meter, openSearch, type Search, type Window } from './index-scan.ts'
import type { RowStore } from './store.ts'

/** What is looked for: rows of these tenants that every selector finds; all of them where there is none. */
export interface IndexQuery {
  readonly tenants: readonly string[]
  readonly selectors: readonly Selector[]
  readonly window: Window
  /** Key after which to go on; null for the newest. */
  readonly after: string | null
}

/** One entry that was found: where the row stands, and whose it should be. */
export interface Hit extends EntryPlace {
  readonly tenant: string
  readonly key: string
}

export interface Hits {
  /** Up to `count` more, the newest first. */
  readonly take: (count: number) => Promise<readonly Hit[]>
  /** Key after which to go on; null where nothing is left. */
  readonly after: () => string | null
  readonly looked: () => number
}

interface Lane {
  readonly tenant: string
  readonly search: Search
  /** Its next hit; undefined before it was looked for, null where there is none. */
  pending: { readonly found: boolean; readonly key: string } | null | undefined
}

/** Finds entries tenant by tenant and merges them by time; stops where `most` entries were looked at. */
export function openHits(rows: Pick<RowStore, 'list'>, query: IndexQuery, most: number): Hits {
  // A share for each, so that no tenant's entries use up what the others need to come forward.
  const share = Math.max(leastShare, Math.floor(most / Math.max(1, query.tenants.length)))
  const meters: Meter[] = []
  const selectors = query.selectors.length > 0 ? query.selectors : everything
  const lanes = query.tenants.map((tenant): Lane => {
    const meter = { looked: 0, most: share }
    meters.push(meter)
    return { tenant, search: openSearch({ rows, window: query.window, meter }, tenant, selectors), pending: undefined }
  })
  const state = { from: query.after === null ? '' : `${query.after}!`, after: query.after, isDone: false }
  return {
    async take(count) {
      const hits: Hit[] = []
      while (hits.length < count && !state.isDone) {
        const hit = await takeNext(lanes, state)
        if (hit === 'spent') break
        if (hit === null) state.isDone = true
        else hits.push(hit)
      }
      return hits
    },
    after: () => (state.isDone ? null : (state.after ?? '')),
    looked: () => meters.reduce((sum, { looked }) => sum + looked, 0),
  }
}

const leastShare = 200
const everything: readonly Selector[] = [{ dimension: 'all', value: '' }]

interface State {
  from: string
  after: string | null
  isDone: boolean
}

async function takeNext(lanes: readonly Lane[], state: State): Promise<Hit | null | 'spent'> {
  for (const lane of lanes) lane.pending ??= lane.pending === null ? null : await lane.search.next(state.from)
  const waiting = lanes.filter(({ pending }) => pending !== null)
  const first = waiting.reduce<Lane | null>((least, lane) => (isBefore(lane, least) ? lane : least), null)
  if (first === null || !first.pending) return null
  const { found, key } = first.pending
  // Nothing below this key was passed over; the next page looks at the key itself again.
  if (!found) return spend(state, key)
  first.pending = undefined
  state.after = key
  state.from = `${key}!`
  const at = parseEntryKey(key)
  return at === null ? takeNext(lanes, state) : { ...at, tenant: first.tenant, key }
}

function spend(state: State, key: string): 'spent' {
  // Cut by its last digit, a key sorts before itself and its nine siblings, and after every other smaller one.
  const cut = key.slice(0, -1)
  if (cut > (state.after ?? '')) state.after = cut
  return 'spent'
}

function isBefore(lane: Lane, other: Lane | null): boolean {
  return (lane.pending?.key ?? '') < (other?.pending?.key ?? '\uffff')
}
