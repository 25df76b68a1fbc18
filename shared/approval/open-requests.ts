import { hash } from 'node:crypto'
import { Problem } from '../errors/problem.ts'
import type { StateTable } from '../state/state-table.ts'
import type { ApprovalRequest } from './approval.ts'
import { isoTime } from './states.ts'

/** A request, and the epoch milliseconds at which it ends undecided. */
export interface OpenRequest {
  readonly request: Pick<ApprovalRequest, 'id' | 'subject'>
  readonly decideBy: number
}

/** How many requests a person has open through an agent. */
export interface OpenRequests {
  /** Counts it from now on; throws Problem `quota_exceeded` where that would be one too many. */
  readonly enter: (open: OpenRequest, now: number) => Promise<void>
  /** It is decided or taken back, and counts no more. */
  readonly leave: (open: OpenRequest) => Promise<void>
}

const open = { closed: false }
const closed = { closed: true }

/**
 * One partition of a table of its own for each person and agent, its keys in the order of their ends: what is open is a
 * short range of one partition, however many requests there ever were. A row is entered before it is counted, so that
 * requests that come at once are never too many; of those at the limit none may pass then. It guards people's attention
 * and no data, so that its rows bear no seal. Whatever breaks off leaves a row that counts until its end.
 */
export function createOpenRequests(table: StateTable, limit: number): OpenRequests {
  const close = async (entry: OpenRequest) => {
    const row = await table.find(placeOf(entry))
    if (row !== null && row.values.closed !== true) await table.replace(row, closed)
  }
  return {
    enter: async (entry, now) => {
      const place = placeOf(entry)
      const entered = await table.insert(place, open)
      const rows = await table.list({ partition: place.partition, from: isoTime(now) })
      const counted = rows.filter(({ values }) => values.closed !== true).map(({ key }) => key)
      // The same request may be there already: it counts once, and not at all where it was refused in this instant.
      if (counted.length <= limit && counted.includes(place.key)) return
      if (entered !== null) await table.replace({ ...place, etag: entered }, closed)
      throw tooMany(counted[0]?.slice(0, isoLength) ?? isoTime(now), now)
    },
    leave: close,
  }
}

const isoLength = '2026-11-22T12:00:00.000Z'.length

function placeOf({ request, decideBy }: OpenRequest) {
  const { tid, oid, actor } = request.subject
  const who = JSON.stringify([tid, oid, actor])
  return { partition: hash('sha256', who, 'hex').slice(0, 40), key: `${isoTime(decideBy)}!${request.id}` }
}

function tooMany(earliest: string, now: number): Problem {
  const retryAfter = Math.max(1, Math.ceil((Date.parse(earliest) - now) / 1000))
  return new Problem('quota_exceeded', 'Too many requests of this person through this agent wait for an approval.', {
    retryAfter,
    reason: 'open_approvals',
    next: { action: 'wait', after: retryAfter },
  })
}
