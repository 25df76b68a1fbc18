import type { Selector } from './index-keys.ts'
import { entryKeyIn, entryPartition, entryRowKey, keyRange, monthOf, monthsBack, timeIn } from './index-keys.ts'
import type { RowStore } from './store.ts'

type Rows = Pick<RowStore, 'list'>

/** What a search may look at: entries left, shared by all its streams. */
export interface Meter {
  looked: number
  readonly most: number
}

/** The time that a search covers, in epoch milliseconds, both ends inclusive. */
export interface Window {
  readonly since: number
  readonly until: number
}

/** Keys of one selector's entries in ascending order, which is the newest row first. */
interface KeyStream {
  /** Smallest key at or above `atLeast`; null where there is none. */
  readonly seek: (atLeast: string) => Promise<string | null>
}

/** A key that every selector has; or `found: false` where the meter ran out, and where to go on. */
export type Step = { readonly found: boolean; readonly key: string } | null

export interface Search {
  readonly next: (atLeast: string) => Promise<Step>
}

interface Scanning {
  readonly rows: Rows
  readonly window: Window
  readonly meter: Meter
}

/**
 * Keys that all selectors have in common. Each stream jumps to where the others are, so the rarest one sets the pace
 * whichever it is.
 */
export function openSearch(scanning: Scanning, tenant: string, selectors: readonly Selector[]): Search {
  const streams = selectors.map((selector) => openStream(scanning, (month) => place(tenant, selector, month)))
  const { meter } = scanning
  const advance = async ({ key, agreed, at }: Agreement): Promise<Agreement | null> => {
    meter.looked++
    const found = (await streams[at]?.seek(key)) ?? null
    const next = (at + 1) % streams.length
    return found === null ? null : { key: found, agreed: found === key ? agreed + 1 : 1, at: next }
  }
  return {
    async next(atLeast) {
      let state: Agreement | null = { key: atLeast, agreed: 0, at: 0 }
      while (state !== null && state.agreed < streams.length) {
        if (meter.looked >= meter.most) return { found: false, key: state.key }
        state = await advance(state)
      }
      return state && { found: true, key: state.key }
    },
  }
}

/** The key that so many streams have, one after the other; `at` is asked next. */
interface Agreement {
  readonly key: string
  readonly agreed: number
  readonly at: number
}

interface Place {
  readonly partitionKey: string
  readonly prefix: (key: string) => string
}

function place(tenant: string, selector: Selector, month: string): Place {
  return {
    partitionKey: entryPartition(tenant, selector, month),
    prefix: (key) => entryRowKey(selector, key),
  }
}

function openStream({ rows, window }: Scanning, placeIn: (month: string) => Place): KeyStream {
  const months = monthsBack(window.since, window.until)
  const range = keyRange(window.since, window.until)
  const state: StreamState = { month: 0, page: [], at: 0 }

  async function refill(from: string): Promise<void> {
    while ((months[state.month] ?? '') > monthOf(timeIn(from))) state.month++
    const { partitionKey, prefix } = placeIn(months[state.month] ?? '')
    state.page = await readPage(rows, { partitionKey, from: prefix(from), to: prefix(range.to) })
    state.at = 0
    if (state.page.length === 0) state.month++
  }

  return {
    async seek(atLeast) {
      const from = atLeast > range.from ? atLeast : range.from
      for (;;) {
        const key = findInPage(state, from)
        if (key !== undefined) return key
        if (state.month >= months.length) return null
        await refill(afterPage(state, from))
      }
    },
  }
}

interface StreamState {
  /** The months back that are done. */
  month: number
  page: readonly string[]
  at: number
}

function findInPage(state: StreamState, from: string): string | undefined {
  while (state.at < state.page.length && (state.page[state.at] ?? '') < from) state.at++
  return state.page[state.at]
}

/** No key begins with another, so that a page's last key with a mark comes after it and before any other. */
function afterPage({ page }: StreamState, from: string): string {
  const last = page.at(-1)
  return last !== undefined && from <= last ? `${last}!` : from
}

/** The first page that has anything in it: the service may answer empty ones on the way. */
async function readPage(rows: Rows, range: { partitionKey: string; from: string; to: string }) {
  for await (const page of rows.list('index', range)) {
    if (page.length > 0) return page.map(({ rowKey }) => entryKeyIn(rowKey))
  }
  return []
}
