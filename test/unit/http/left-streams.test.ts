import { channel } from 'node:diagnostics_channel'
import { EventEmitter } from 'node:events'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { clientOf, untilLeft, watchClients } from '../../../shared/http/left-clients.ts'
import { createHandover } from '../../../shared/pipeline/stream-handover.ts'

const unhandled: unknown[] = []
const note = (error: unknown) => unhandled.push(error)

beforeAll(watchClients)
afterEach(() => {
  process.off('unhandledRejection', note)
})

/** A request to the server that the Functions library runs in this process, of that invocation. */
function arrive(invocationId: string): EventEmitter {
  const response = Object.assign(new EventEmitter(), { destroyed: false, writableFinished: false })
  channel('http.server.request.start').publish({
    request: { headers: { 'x-ms-invocation-id': invocationId } },
    response,
  })
  return response
}

describe('a client that leaves a handover', () => {
  it('ends the stream of its invocation, and no other', async () => {
    const left: string[] = []
    const [one] = ['one', 'two'].map((id) => {
      const response = arrive(id)
      untilLeft(createHandover<Uint8Array>(new AbortController().signal, () => left.push(id)).taken, clientOf(id))
      return response
    })
    one?.emit('close')
    await expect.poll(() => left).toEqual(['one'])
  })

  it('of an answer that broke off does not end the process', async () => {
    process.on('unhandledRejection', note)
    const response = arrive('three')
    const handover = createHandover<Uint8Array>(new AbortController().signal, () => undefined)
    untilLeft(handover.taken, clientOf('three'))
    handover.fail(new Error('the book is away'))
    response.emit('close')
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
    expect(unhandled).toEqual([])
  })
})
