import type { EventFacts } from '../audit/record.ts'
import { channelName, type Delivery, isAlarm, type Notice, type NoticeChannel, type Notices } from './notice.ts'
import type { Ending, Outbox, Taken, Ticket } from './outbox.ts'

export interface DeskOptions {
  readonly outbox: Outbox
  readonly channels: readonly NoticeChannel[]
  /** One attempt; must not reject. */
  readonly send: (channel: NoticeChannel, notice: Notice) => Promise<Delivery>
  /** Whether it is still worth telling; rejects where that cannot be known. */
  readonly isCurrent: (notice: Notice) => Promise<boolean>
  readonly audit: { readonly recordEvent: (facts: EventFacts) => Promise<unknown> }
  readonly log: (event: string, fields: Readonly<Record<string, string | number>>) => void
}

/** Sends what is in the outbox. `deliver` rejects where the table or the book cannot answer; it is to be called again. */
export interface NoticeDesk extends Notices {
  /** Tickets of what is due, for the queue. */
  readonly handOut: () => Promise<readonly Ticket[]>
  /** True where the notice was given up. */
  readonly deliver: (ticket: Ticket) => Promise<boolean>
  readonly clean: () => Promise<void>
  /** Waits for the attempts that were begun here. */
  readonly close: () => Promise<void>
}

/** Attempts until a notice is given up: more than an hour with the pauses between them. */
const mostAttempts = 9
const firstPauseMs = 15_000
const longestPauseMs = 3_600_000
const mostAtOnce = 100
/** So many notices are remembered as enqueued; one that was forgotten is looked up again. */
const remembered = 10_000

/**
 * Notices are kept first and sent then: at once by who keeps them, and where that fails by whoever is given the ticket.
 * Each is sent to each channel at least once, in the ordinary case once, and always under the same id.
 */
export function createNoticeDesk(options: DeskOptions): NoticeDesk {
  const { outbox, log } = options
  const channels = new Map(options.channels.map((channel) => [channelName(channel), channel]))
  const running = new Set<Promise<unknown>>()
  const known = new Set<string>()
  const begin = (taken: Taken) => {
    const attempt = attemptOnce(taken, channels, options).catch(() =>
      log('notice_unsettled', { kind: taken.notice.kind }),
    )
    running.add(attempt)
    void attempt.finally(() => running.delete(attempt))
  }
  const keep = async (notice: Notice): Promise<void> => {
    const put = await Promise.all([...channels.keys()].map((channel) => outbox.put(notice, channel)))
    for (const taken of put) if (taken !== null) begin(taken)
  }
  return {
    enqueue: async (notice) => {
      if (known.has(notice.id)) return true
      try {
        await keep(notice)
        if (known.size >= remembered) known.clear()
        known.add(notice.id)
        return true
      } catch {
        log('notice_unkept', { kind: notice.kind })
        return false
      }
    },
    handOut: () => outbox.handOut(mostAtOnce),
    deliver: async (ticket) => {
      const taken = await outbox.take(ticket)
      return taken === null ? false : (await attemptOnce(taken, channels, options)) === 'failed'
    },
    clean: outbox.clean,
    close: async () => void (await Promise.allSettled(running)),
  }
}

/** Null where it is to be tried again. */
async function attemptOnce(
  taken: Taken,
  channels: ReadonlyMap<string, NoticeChannel>,
  options: DeskOptions,
): Promise<Ending | null> {
  const { outbox, isCurrent, send } = options
  const channel = channels.get(taken.channel)
  if (channel === undefined || (await outbox.wasSettled(taken)) || !(await isCurrent(taken.notice))) {
    return end(taken, 'dropped', options)
  }
  const delivery = await send(channel, taken.notice)
  if (delivery.ok) return end(taken, 'sent', options)
  const { reason, retryAfter, gone } = delivery
  options.log('notice_unsent', { kind: taken.notice.kind, reason, count: taken.attempts + 1 })
  if (gone === true || taken.attempts + 1 >= mostAttempts) return end(taken, 'failed', options)
  await outbox.postpone(taken, pauseAfter(taken.attempts, retryAfter))
  return null
}

function pauseAfter(attempts: number, retryAfter = 0): number {
  return Math.min(longestPauseMs, Math.max(firstPauseMs * 2 ** attempts, retryAfter * 1000))
}

/** What was given up, and each alarm that was sent, stands in the book before it is forgotten here. */
async function end(taken: Taken, ending: Ending, { outbox, audit, log }: DeskOptions): Promise<Ending> {
  const { notice, channel } = taken
  if (ending === 'failed') log('notice_failed', { kind: notice.kind, reason: channel })
  if (ending === 'failed' || (ending === 'sent' && isAlarm(notice.kind))) {
    const detail = { step: ending, notice: notice.id, of: notice.kind, channel, attempts: taken.attempts + 1 }
    await audit.recordEvent({ kind: 'notice', detail })
  }
  await outbox.settle(taken, ending)
  return ending
}
