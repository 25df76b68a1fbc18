import { describe, expect, it } from 'vitest'
import { createAuditWorld, dave, otherTenant, principalOf, trudy } from '../support/audit-world.ts'
import { alice } from '../support/line-world.ts'

type World = ReturnType<typeof createAuditWorld>

interface Event {
  readonly id?: string
  readonly event?: string
  readonly data?: string
}

const decoder = new TextDecoder()

/** Reads a stream piece by piece, as a client does that takes its time. */
async function open(world: World, { id, query = '' }: { id?: string; query?: string } = {}, principal = dave) {
  const headers = id === undefined ? {} : { 'last-event-id': id }
  const { answer, code, status } = await world.ask('auditStream', { headers, query }, principal)
  const iterator = answer?.stream?.[Symbol.asyncIterator]()
  const events: Event[] = []
  const next = async () => {
    const piece = await iterator?.next()
    if (piece === undefined || piece.done) return false
    for (const block of decoder.decode(piece.value).split('\n\n')) {
      const fields = Object.fromEntries(
        block
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => line.split(/: (.*)/s).slice(0, 2)),
      ) as Event
      if (Object.keys(fields).length > 0) events.push(fields)
    }
    return true
  }
  await next()
  const rows = () => events.filter(({ event }) => event === 'row').map(({ data = '' }) => JSON.parse(data))
  return { code, status, answer, events, rows, next, close: () => iterator?.return?.(undefined) }
}

/** A book that has begun, so that no opening of a lane comes in between. */
async function begun() {
  const world = createAuditWorld()
  await world.call('before')
  return world
}

describe('stream', () => {
  it('sends rows as they are written, each with an id, and chains that they were read', async () => {
    const world = await begun()
    const stream = await open(world)
    expect(stream.answer?.headers['content-type']).toBe('text/event-stream; charset=utf-8')
    await world.call('d-1', { principal: principalOf(alice.oid) })
    await stream.next()
    expect(stream.rows().map(({ kind, decisionId }) => [kind, decisionId])).toEqual([
      ['intent', 'd-1'],
      ['outcome', 'd-1'],
    ])
    const reads = world.rowsOf('read').map(({ properties }) => {
      return JSON.parse(Buffer.from(properties.c as Uint8Array).toString('utf8')).detail
    })
    expect(reads.map(({ what, count }) => [what, count])).toEqual([
      ['stream', 0],
      ['stream', 2],
    ])
    await stream.close()
  })

  it('sends no row about reading, so that it does not feed itself', async () => {
    const world = await begun()
    const stream = await open(world)
    await world.call('d-1')
    await stream.next()
    await world.records()
    await world.call('d-2')
    for (let piece = 0; piece < 3 && stream.rows().length < 4; piece++) await stream.next()
    expect(stream.rows().map(({ kind }) => kind)).toEqual(['intent', 'outcome', 'intent', 'outcome'])
    expect(world.rowsOf('read')).toHaveLength(4)
    await stream.close()
  })

  it('goes on behind the last event of a stream that was cut', async () => {
    const world = await begun()
    const first = await open(world)
    await world.call('d-1')
    await first.next()
    const [, cut] = first.events.filter(({ event }) => event === 'row')
    await first.close()
    await world.call('d-2')
    const second = await open(world, { id: cut?.id ?? '' })
    await second.next()
    expect(second.rows().map(({ decisionId }) => decisionId)).toEqual(['d-2', 'd-2'])
    await second.close()
  })

  it('goes on in the middle of a batch', async () => {
    const world = await begun()
    const first = await open(world)
    await world.call('d-1')
    await first.next()
    const second = await open(world, { id: first.events.find(({ event }) => event === 'row')?.id ?? '' })
    await second.next()
    expect(second.rows().map(({ kind }) => kind)).toEqual(['outcome'])
    await Promise.all([first.close(), second.close()])
  })

  it('follows a lane into its next segment', async () => {
    const world = await begun()
    const stream = await open(world)
    world.pass(86_400_000)
    await world.call('next-day')
    await stream.close()
    const resumed = await open(world, { id: stream.events[0]?.id ?? '' })
    for (let piece = 0; piece < 3 && resumed.rows().length < 2; piece++) await resumed.next()
    expect(resumed.rows().map(({ place }) => place.segment)).toEqual([2, 2])
    await resumed.close()
  })

  it('is the own tenant’s: intents, their outcomes and events', async () => {
    const world = await begun()
    const [own, all] = [await open(world, {}, trudy), await open(world, { query: 'tenant=all' })]
    await world.call('d-home')
    await world.call('d-other', { principal: principalOf(alice.oid, { tid: otherTenant }) })
    await world.writer.recordEvent({ kind: 'policy', detail: { digest: 'x' } })
    await own.next()
    await all.next()
    expect(own.rows().map(({ kind, decisionId }) => [kind, decisionId])).toEqual([
      ['intent', 'd-other'],
      ['outcome', 'd-other'],
    ])
    expect(all.rows().map(({ kind }) => kind)).toEqual(['intent', 'outcome', 'intent', 'outcome', 'policy'])
    await Promise.all([own.close(), all.close()])
  })

  it('ends by itself before the platform cuts it', async () => {
    const world = await begun()
    const stream = await open(world)
    world.pass(220_000)
    while (await stream.next());
    expect(stream.events.at(-1)).toEqual({ event: 'end', data: '{"reason":"time"}' })
  })

  it('ends and says nothing more where the book cannot take that it was read', async () => {
    const world = await begun()
    const stream = await open(world)
    await world.call('d-1')
    world.refusals.events = true
    while (await stream.next());
    expect(stream.rows()).toEqual([])
    expect(stream.events.at(-1)?.event).toBe('end')
  })

  it('reads nothing while its reader takes nothing', async () => {
    const world = await begun()
    const stream = await open(world)
    const before = world.book.rows.tables.rows.size
    await world.call('d-1')
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(world.book.rows.tables.rows.size).toBe(before + 2)
    await stream.close()
  })

  it('is one of three that a person may have, and given back when it ends', async () => {
    const world = await begun()
    const streams = [await open(world), await open(world), await open(world)]
    expect((await open(world)).code).toBe('quota_exceeded')
    await streams[0]?.close()
    const again = await open(world)
    expect(again.code).toBe('ok')
    world.pass(220_000)
    expect((await open(world)).code).toBe('ok')
  })

  it.each(['x', '1.1', '0.0.0', '1.1.1_', '1.1.1_1.1.2', '1.1.99999999999999999', '9'.repeat(9000)])(
    'does not begin with a Last-Event-ID that is none: %s',
    async (id) => {
      expect((await open(await begun(), { id })).code).toBe('input_invalid')
    },
  )

  it('shows a row that was altered to the home tenant only, without its content, and alarms', async () => {
    const world = await begun()
    const [own, all] = [await open(world), await open(world, { query: 'tenant=all' })]
    await world.writer.recordEvent({ kind: 'policy', detail: { digest: 'x' } })
    for (const { properties } of world.book.rows.tables.rows.values()) {
      if (properties.kind === 'policy') Object.assign(properties, { mac: Buffer.alloc(32) })
    }
    await own.next()
    await all.next()
    expect(all.rows()).toEqual([expect.objectContaining({ checked: 'failed', fault: 'edited' })])
    expect(own.rows()).toEqual([])
    expect(world.logged.map(({ event }) => event)).toContain('alarm')
  })
})
