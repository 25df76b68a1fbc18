import type { ApprovalStore } from '../approval/approval.ts'
import { noticesOf, type TitlesOf } from './approval-notices.ts'
import type { NoticeDesk } from './desk.ts'
import type { Ticket } from './outbox.ts'

/** What the gateway's clock and queue do with notices. */
export interface NoticeJobs {
  /** Looks for what nobody was told of yet, and gives out tickets for the queue. Rejects where the table cannot answer. */
  readonly handOut: () => Promise<readonly Ticket[]>
  /** One message of the queue; true where the notice was given up. Rejects where it has to be given out again. */
  readonly deliver: (message: unknown) => Promise<boolean>
}

export interface NoticeJobsOptions {
  readonly desk: NoticeDesk
  readonly approvals: Pick<ApprovalStore, 'list'>
  /** The tenant whose calls can be approved. */
  readonly tid: string
  readonly titlesOf: TitlesOf
  /** Milliseconds after which nothing is told of a request any more. */
  readonly lookBackMs: number
  readonly now: () => number
  readonly log: (event: string, fields?: Readonly<Record<string, string | number>>) => void
}

const sweepMs = 60_000
const cleanMs = 3_600_000

/**
 * Approvals themselves say what is to be told: once a minute they are looked through, so that what was not told, because
 * a process ended between the two or because only time has passed, is told then.
 */
export function createNoticeJobs(options: NoticeJobsOptions): NoticeJobs {
  const { desk, now, log } = options
  const sweep = every(sweepMs, now, () => sweepApprovals(options))
  const clean = every(cleanMs, now, desk.clean)
  return {
    handOut: async () => {
      await sweep().catch(() => log('notices_unswept'))
      await clean().catch(() => log('notices_uncleaned'))
      return desk.handOut()
    },
    deliver: async (message) => {
      const { key, ticket } = (message ?? {}) as Partial<Record<keyof Ticket, unknown>>
      return typeof key === 'string' && typeof ticket === 'string' ? desk.deliver({ key, ticket }) : false
    },
  }
}

async function sweepApprovals({ desk, approvals, tid, titlesOf, lookBackMs, now }: NoticeJobsOptions): Promise<void> {
  const time = now()
  for (const approval of await approvals.list(tid, time - lookBackMs)) {
    for (const notice of noticesOf(approval, time, titlesOf)) await desk.enqueue(notice)
  }
}

/** Does it at the first call, and then at the first after so many milliseconds. */
function every(milliseconds: number, now: () => number, work: () => Promise<void>): () => Promise<void> {
  let last = Number.NEGATIVE_INFINITY
  return async () => {
    if (now() - last < milliseconds) return
    last = now()
    await work()
  }
}
