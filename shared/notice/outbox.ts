import type { Properties } from '../audit/store.ts'
import type { StateRow, StateTable } from '../state/state-table.ts'
import type { Notice } from './notice.ts'

/** A notice that waits to be sent to one channel, taken by this instance for the time of a lease. */
export interface Taken {
  readonly row: StateRow
  readonly notice: Notice
  readonly channel: string
  /** Attempts before this one. */
  readonly attempts: number
}

/** Names a waiting notice; the ticket is good for one taking. */
export interface Ticket {
  readonly key: string
  readonly ticket: string
}

/** How a notice ended. */
export type Ending = 'sent' | 'failed' | 'dropped'

export interface OutboxOptions {
  readonly table: StateTable
  /** Epoch milliseconds. */
  readonly now: () => number
  readonly randomHex: (bytes: number) => string
}

const waiting = 'waiting'
/** Milliseconds that an attempt may take before somebody else makes the next. */
const leaseMs = 60_000
/** Milliseconds that a ticket may lie in the queue before another is given out. */
const ticketMs = 120_000
/** Days after which the mark that a notice was sent is removed, and so many days before that it may be missed. */
const keptDays = 12
const lookBackDays = 3
const dayMs = 86_400_000

/**
 * Notices on their way, a row a channel. A row is there before anything is sent and until it was or was given up; a mark
 * stays after it, so that what is told again is known. Rejects with `policy_unavailable` where the table cannot answer.
 */
export function createOutbox({ table, now, randomHex }: OutboxOptions) {
  const iso = (ahead = 0) => new Date(now() + ahead).toISOString()
  const change = async (row: StateRow, values: Properties): Promise<StateRow | null> => {
    const etag = await table.replace(row, { ...row.values, ...values })
    return etag === null ? null : { ...row, etag, values: { ...row.values, ...values } }
  }
  const giveTicket = async (row: StateRow): Promise<readonly Ticket[]> => {
    const ticket = randomHex(8)
    return (await change(row, { ticket, dueAt: iso(ticketMs) })) === null ? [] : [{ key: row.key, ticket }]
  }
  return {
    /** Keeps it under the lease of who puts it; null where it is known already. */
    put: async (notice: Notice, channel: string): Promise<Taken | null> => {
      const key = `${notice.id}!${channel}`
      if ((await table.find(markOf(notice, channel))) !== null) return null
      const values = { notice: JSON.stringify(notice), channel, attempts: 0, ticket: '', dueAt: iso(leaseMs) }
      const etag = await table.insert({ partition: waiting, key }, values)
      return etag === null ? null : read({ partition: waiting, key, etag, values })
    },
    /** Tickets for what is due, each of them one that nobody else has. */
    handOut: async (most: number): Promise<readonly Ticket[]> => {
      const due = (await table.list({ partition: waiting })).filter(({ values }) => String(values.dueAt) <= iso())
      return (await Promise.all(due.slice(0, most).map(giveTicket))).flat()
    },
    /** Null where the ticket was used, or another was given out since. */
    take: async ({ key, ticket }: Ticket): Promise<Taken | null> => {
      const row = await table.find({ partition: waiting, key })
      if (row === null || ticket === '' || row.values.ticket !== ticket) return null
      const taken = await change(row, { ticket: '', dueAt: iso(leaseMs) })
      return taken && read(taken)
    },
    /** Whether it was told by an attempt whose end was lost. */
    wasSettled: async ({ notice, channel }: Taken): Promise<boolean> =>
      (await table.find(markOf(notice, channel))) !== null,
    /** To be tried again in so many milliseconds. */
    postpone: async ({ row, attempts }: Taken, milliseconds: number): Promise<void> => {
      await change(row, { attempts: attempts + 1, dueAt: iso(milliseconds) })
    },
    settle: async ({ row, notice, channel }: Taken, ending: Ending): Promise<void> => {
      await table.insert(markOf(notice, channel), { ending, at: iso() })
      await table.remove(row)
    },
    clean: () => cleanMarks(table, now()),
  }
}

export type Outbox = ReturnType<typeof createOutbox>

/** Removes marks of days so long ago that nothing of them is told any more. */
async function cleanMarks(table: StateTable, now: number): Promise<void> {
  for (let back = keptDays; back < keptDays + lookBackDays; back += 1) {
    const partition = markPartition(new Date(now - back * dayMs).toISOString())
    for (const row of await table.list({ partition })) await table.remove(row)
  }
}

function markOf({ id, time }: Notice, channel: string) {
  return { partition: markPartition(time), key: `${id}!${channel}` }
}

function markPartition(time: string): string {
  return `told-${time.slice(0, 10)}`
}

function read(row: StateRow): Taken {
  const { notice, channel, attempts } = row.values
  return {
    row,
    notice: JSON.parse(String(notice)) as Notice,
    channel: String(channel),
    attempts: Number(attempts),
  }
}
