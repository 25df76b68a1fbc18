/** Notices over a state table in memory, a clock that stands, and channels that answer as a test says. */
import type { EventFacts } from '../../shared/audit/record.ts'
import { createNoticeDesk } from '../../shared/notice/desk.ts'
import type { Delivery, Notice, NoticeChannel } from '../../shared/notice/notice.ts'
import { createOutbox } from '../../shared/notice/outbox.ts'
import { createStateMemory, type StateMemory } from './state-memory.ts'

export const start = Date.UTC(2026, 10, 22, 12)
export const teams: NoticeChannel = { kind: 'teams', secret: 'notice-teams' }
const webhook: NoticeChannel = { kind: 'webhook', secret: 'notice-webhook' }

export const alarm: Notice = {
  id: 'mismatch-1',
  kind: 'identity-mismatch',
  time: new Date(start).toISOString(),
  data: { tid: 't', person: 'p', agent: 'a' },
  place: '#/records/1',
}

export interface NoticeWorldOptions {
  readonly channels?: readonly NoticeChannel[]
  readonly table?: StateMemory
  readonly current?: boolean
}

export function createNoticeWorld(options: NoticeWorldOptions = {}) {
  const table = options.table ?? createStateMemory()
  const sent: { readonly id: string; readonly channel: string }[] = []
  const events: EventFacts[] = []
  const logged: string[] = []
  const state = {
    time: start,
    answer: { ok: true } as Delivery,
    refuseEvents: false,
    hang: null as Promise<void> | null,
  }
  let count = 0
  const open = () =>
    createNoticeDesk({
      outbox: createOutbox({ table, now: () => state.time, randomHex: () => String(++count) }),
      channels: options.channels ?? [teams, webhook],
      send: async (channel, notice) => {
        sent.push({ id: notice.id, channel: channel.kind })
        await state.hang
        return state.answer
      },
      isCurrent: async () => options.current ?? true,
      audit: {
        recordEvent: async (facts) => {
          if (state.refuseEvents) throw new Error('away')
          events.push(facts)
        },
      },
      log: (event) => logged.push(event),
    })
  return {
    ...{ table, sent, events, logged, state, open },
    pass: (milliseconds: number) => {
      state.time += milliseconds
    },
    /** One tick of the clock, and the queue behind it. */
    tick: async (desk = open()) => {
      const tickets = await desk.handOut()
      const given: boolean[] = []
      for (const ticket of tickets) given.push(await desk.deliver(ticket))
      return { tickets, given }
    },
    waiting: () => table.rows().filter(({ partition }) => partition === 'waiting'),
  }
}
