// A book made for measuring: one lane of calls in segments of 100,000 rows, sealed by the writer's own functions and
// handed out page by page, so that it never stands in memory as a whole.
import { randomBytes } from 'node:crypto'
import { genesisDigest } from '../../shared/audit/chain.ts'
import { draftEvent, draftIntent, draftOutcome, type RowDraft } from '../../shared/audit/document.ts'
import { sealHead, sealRow } from '../../shared/audit/entity.ts'
import type { StoredEntity } from '../../shared/audit/record.ts'
import { partitionKey } from '../../shared/audit/segment.ts'
import type { Entity } from '../../shared/audit/store.ts'
import { type ChainSource, verifyChain } from '../../shared/audit/verify.ts'
import { called, digest, key, kid, origin, permitted } from '../unit/audit/fixture.ts'

const lane = 'L01'
const pageSize = 1000
const segmentRows = 100_000
const time = '2026-11-22T10:00:00.000Z'

export interface GeneratedBook {
  readonly source: ChainSource
  /** Runs before and after each page is made, so that making it need not be counted. */
  onMaking: (isBegin: boolean) => void
  /** Bytes of content handed out so far. */
  readonly bytes: () => number
}

/** A book of that many rows (a multiple of 1,000). */
export function generateBook(rows: number): GeneratedBook {
  const heads = new Map<string, StoredEntity>()
  const nonce = randomBytes(16).toString('hex')
  const genesis = genesisDigest({ origin, lane, nonce })
  let state: Sealing = { seq: 0, prev: genesis, first: genesis, intent: '', bytes: 0 }
  const book: GeneratedBook = {
    onMaking: () => undefined,
    bytes: () => state.bytes,
    source: {
      async *pages() {
        for (let at = 0; at < rows; at += pageSize) {
          book.onMaking(true)
          const page: StoredEntity[] = []
          for (let index = 0; index < pageSize; index++) page.push(sealNext())
          if (state.seq % segmentRows === 0 || state.seq === rows) closeSegment()
          book.onMaking(false)
          yield page
        }
      },
      async *rows() {},
      head: async (partition) => heads.get(partition) ?? null,
      lanes: async () => [],
    },
  }

  function sealNext(): StoredEntity {
    const { seq, prev } = state
    const segment = Math.floor(seq / segmentRows) + 1
    const draft = seq === 0 ? draftEvent('lane-open', { nonce }) : draftNext(state)
    const row = sealRow(draft, { origin, lane, segment, seq, kid, time }, { prev, key })
    const intent = draft.kind === 'intent' ? row.mac.toString('hex') : ''
    state = { ...state, seq: seq + 1, prev: row.mac, intent, bytes: state.bytes + row.size }
    return stored(row.entity)
  }

  function closeSegment(): void {
    const segment = Math.floor((state.seq - 1) / segmentRows) + 1
    const [mac, prev] = [state.prev.toString('hex'), state.first.toString('hex')]
    const place = { v: 1, origin, lane, segment, first: (segment - 1) * segmentRows, nextSeq: state.seq, mac, prev }
    const isLast = state.seq === rows
    const head = { ...place, kid, batchId: 'b', term: 1, state: isLast ? 'open' : 'closed', opened: time } as const
    heads.set(partitionKey(lane, segment), stored(sealHead(head, key)))
    state = { ...state, first: state.prev }
  }
  return book
}

/** All checks over a book of that many rows; throws unless every row holds. */
export async function verifyBook(source: ChainSource, rows: number): Promise<void> {
  const keys = async (id: string) => (id === kid ? { key } : null)
  const report = await verifyChain({ source, keys, now: Date.parse(time) + 1_000 })
  if (report.counts.verified !== rows || report.findings.length > 0) throw new Error(JSON.stringify(report))
}

interface Sealing {
  readonly seq: number
  readonly prev: Buffer
  /** MAC before the segment. */
  readonly first: Buffer
  /** MAC of the intent that is open, hex. */
  readonly intent: string
  readonly bytes: number
}

// The first row is the lane's opening, so intents have odd numbers and their outcomes follow them.
function draftNext({ seq, intent }: Sealing): RowDraft {
  const decisionId = `01JD0000-${String(seq - Number(intent !== '')).padStart(12, '0')}`
  if (intent === '')
    return draftIntent(permitted(decisionId), { partition: 'a1b2|2026-11-22', id: 'p', inputs: digest })
  const before = seq - 1
  const reference = { lane, segment: Math.floor(before / segmentRows) + 1, seq: before, mac: intent }
  return draftOutcome(decisionId, called(), reference)
}

// A table gives every value back as a copy of its own.
function stored({ partitionKey, rowKey, properties }: Entity): StoredEntity {
  const copied = Object.entries(properties).map(([name, value]) => [
    name,
    value instanceof Uint8Array ? Buffer.from(value) : value,
  ])
  return { partitionKey, rowKey, etag: 'W/"1"', properties: Object.fromEntries(copied) }
}
