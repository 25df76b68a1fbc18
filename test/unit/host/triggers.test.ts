import { QueueClient } from '@azure/storage-queue'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type RunningHost, startHost } from '../../../infra/local/host/host.ts'
import { type QueueService, startQueueService } from '../../support/host-azurite.ts'
import { fixtures } from '../../support/host-client.ts'

interface Seen {
  readonly starts: string[]
  readonly ticks: { isPastDue: boolean; scheduleStatus: { next: string } }[]
  readonly retried: (number | null)[]
  readonly messages: { entry: unknown; count: number }[]
  readonly hooks: string[]
  readonly logs: string[]
}

const patience = { timeout: 10_000, interval: 50 }

describe('app with timers, queues and hooks', () => {
  let service: QueueService
  let host: RunningHost
  const lines: string[] = []
  const read = async () => (await (await fetch(`${host.url}/api/seen`)).json()) as Seen
  const send = (body: unknown) => fetch(`${host.url}/api/send`, { method: 'POST', body: JSON.stringify(body) })

  beforeAll(async () => {
    service = await startQueueService()
    await new QueueClient(service.connection, 'orders').create()
    const env = { AzureWebJobsStorage: service.connection, TICK_SCHEDULE: '* * * * * *' }
    const keys = { master: 'master-key' }
    host = await startHost({ appRoot: `${fixtures}triggers`, env, keys, log: (line) => lines.push(line) })
  })

  afterAll(async () => {
    await host.stop()
    await service.stop()
  })

  it('runs a timer by its schedule, taken from a setting', async () => {
    await vi.waitFor(async () => expect((await read()).ticks.length).toBeGreaterThan(1), patience)
    const tick = (await read()).ticks[0]
    expect(tick?.isPastDue).toBe(false)
    expect(Date.parse(tick?.scheduleStatus.next ?? '')).toBeGreaterThan(Date.now() - 10_000)
  })

  it('runs a timer on start-up that asks for it', async () => {
    await vi.waitFor(async () => expect((await read()).starts).toEqual(['atStart']), patience)
  })

  it('runs a timer at once, and tells its failure', async () => {
    const before = (await read()).starts.length
    await host.runTimer('atStart')
    expect((await read()).starts).toHaveLength(before + 1)
    await expect(host.runTimer('fails')).rejects.toThrow('timer failed')
  })

  it.each([
    ['atStart', 'master-key', 202],
    ['atStart', 'another-key', 404],
    ['atStart', '', 404],
    ['noSuchTimer', 'master-key', 404],
  ])('answers an administrator who starts %s with the key "%s" with %i', async (name, key, status) => {
    const before = (await read()).starts.length
    const headers = { 'x-functions-key': key }
    const answer = await fetch(`${host.url}/admin/functions/${name}`, { method: 'POST', headers })
    expect(answer.status).toBe(status)
    if (status === 202) await vi.waitFor(async () => expect((await read()).starts).toHaveLength(before + 1), patience)
    else expect((await read()).starts).toHaveLength(before)
  })

  it('repeats a failed run under its retry policy', async () => {
    await host.runTimer('retried')
    expect((await read()).retried).toEqual([null, 1, 2])
  })

  it('hands every message of a queue output to the queue trigger', async () => {
    expect((await send([{ order: 1 }, { order: 2 }])).status).toBe(202)
    const orders = async () => (await read()).messages.map(({ entry }) => entry)
    await vi.waitFor(async () => {
      const seen = await orders()
      expect(seen).toContainEqual({ order: 1 })
      expect(seen).toContainEqual({ order: 2 })
    }, patience)
  })

  it('moves a message to the poison queue after maxDequeueCount failures', async () => {
    await send({ order: 3, fail: true })
    const poison = new QueueClient(service.connection, 'orders-poison')
    const text = await vi.waitFor(async () => {
      const found = await poison.peekMessages()
      return Buffer.from(found.peekedMessageItems[0]!.messageText, 'base64').toString()
    }, patience)
    expect(JSON.parse(text)).toEqual({ order: 3, fail: true })
    const failed = (await read()).messages.filter(({ entry }) => (entry as { order: number }).order === 3)
    expect(failed.map(({ count }) => count)).toEqual([1, 2])
  })

  it('lets hooks change handler, result and failure', async () => {
    const changed = await fetch(`${host.url}/api/hooked`)
    expect(changed.headers.get('x-hook')).toBe('pre')
    const saved = await fetch(`${host.url}/api/hooked?fail=1`)
    expect(saved.status).toBe(418)
    expect((await read()).hooks).toEqual(['appStart', 'postInvocation kept', 'postInvocation kept'])
  })

  it('shows the log to log hooks first', async () => {
    expect((await read()).logs).toContain('masked thing')
  })

  it('writes the log by the levels of host.json', () => {
    expect(lines.some((line) => line.includes('INFORMATION Function.tick.User: ticked'))).toBe(true)
    expect(lines.some((line) => line.includes('not shown'))).toBe(false)
    expect(lines.some((line) => line.includes('masked thing'))).toBe(false)
  })

  it('runs appTerminate when it stops, and no timer after that', async () => {
    await host.stop()
    const seen = (globalThis as unknown as { hostFixtureSeen: Seen }).hostFixtureSeen
    expect(seen.hooks.at(-1)).toBe('appTerminate')
    const before = seen.ticks.length
    await new Promise((resolve) => setTimeout(resolve, 1200))
    expect(seen.ticks).toHaveLength(before)
    expect(host.problems).toEqual([])
    expect(process.env.TICK_SCHEDULE).toBeUndefined()
  })
})
