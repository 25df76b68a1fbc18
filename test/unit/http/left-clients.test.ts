import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { clientOf, countClients, untilLeft, watchClients } from '../../../shared/http/left-clients.ts'

/** What stands in for the library: it tells of nobody who leaves, and answers as the test says. */
type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>

const patience = { timeout: 15_000 }
const asked: ReturnType<typeof request>[] = []
let handler: Handler
let server: Server

beforeAll(async () => {
  watchClients()
  server = createServer((incoming, response) => void handler(incoming, response)).listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterEach(async () => {
  for (const one of asked.splice(0)) one.destroy()
  await expect.poll(countClients, patience).toBe(0)
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

/** Begins a request; who leaves is `destroy`ed. */
function ask(id?: string) {
  const { port } = server.address() as AddressInfo
  const headers = id === undefined ? {} : { 'x-ms-invocation-id': id }
  const one = request({ host: '127.0.0.1', port, headers })
  one.on('error', () => undefined)
  one.end()
  asked.push(one)
  return one
}

/** A stream without end that says whether it was ended. */
function flow() {
  const seen = { isEnded: false, pieces: 0 }
  async function* make(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        seen.pieces++
        await new Promise((resolve) => setImmediate(resolve))
        yield Buffer.from('x')
      }
    } finally {
      seen.isEnded = true
    }
  }
  return { seen, stream: make() }
}

/** Writes on as the library does, whether or not somebody is there. */
async function writeAll(stream: AsyncIterable<Uint8Array>, response: ServerResponse): Promise<void> {
  for await (const piece of stream) response.write(piece)
  response.end()
}

describe('a client', () => {
  it('that leaves early ends its stream, and is forgotten', async () => {
    const { seen, stream } = flow()
    handler = (_, response) => writeAll(untilLeft(stream, clientOf('early')), response)
    const one = ask('early')
    await once(one, 'response')
    expect(countClients()).toBe(1)
    one.destroy()
    await expect.poll(() => seen.isEnded, patience).toBe(true)
    await expect.poll(countClients, patience).toBe(0)
  })

  it('that leaves before its stream begins is noticed all the same', async () => {
    const { seen, stream } = flow()
    const pieces: Uint8Array[] = []
    handler = async (_, response) => {
      const client = clientOf('before')
      one.destroy()
      await once(response, 'close')
      for await (const piece of untilLeft(stream, client)) pieces.push(piece)
      seen.isEnded = true
    }
    const one = ask('before')
    await expect.poll(() => seen.isEnded, patience).toBe(true)
    expect(pieces).toEqual([])
    expect(seen.pieces).toBe(0)
  })

  it('that leaves after the end has had everything, and nothing is ended again', async () => {
    const returned: string[] = []
    const pieces = ['a', 'b'].map((text) => Buffer.from(text))
    const stream = {
      [Symbol.asyncIterator]: () => ({
        next: async () => {
          const value = pieces.shift()
          return value === undefined ? { done: true as const, value } : { done: false as const, value }
        },
        return: async () => {
          returned.push('return')
          return { done: true as const, value: undefined }
        },
      }),
    }
    handler = (_, response) => writeAll(untilLeft(stream, clientOf('after')), response)
    const one = ask('after')
    const [response] = (await once(one, 'response')) as [IncomingMessage]
    let text = ''
    for await (const piece of response) text += piece
    one.destroy()
    await expect.poll(countClients, patience).toBe(0)
    expect([text, returned]).toEqual(['ab', []])
  })

  it('that never leaves holds its place as long as its answer lasts, and no longer', async () => {
    let end: () => void = () => undefined
    handler = (_, response) => {
      response.write('x')
      end = () => response.end()
    }
    const [response] = (await once(ask('stays'), 'response')) as [IncomingMessage]
    expect(clientOf('stays')).toBeDefined()
    end()
    response.resume()
    await once(response, 'end')
    await expect.poll(() => clientOf('stays'), patience).toBeUndefined()
  })

  it('ends its own stream alone, of many at once', async () => {
    const flows = Array.from({ length: 40 }, flow)
    handler = ({ headers }, response) => {
      const id = String(headers['x-ms-invocation-id'])
      const { stream } = flows[Number(id)] ?? flow()
      return writeAll(untilLeft(stream, clientOf(id)), response)
    }
    const clients = flows.map((_, at) => ask(String(at)))
    await Promise.all(clients.map((one) => once(one, 'response')))
    expect(countClients()).toBe(40)
    for (const [at, one] of clients.entries()) if (at % 2 === 0) one.destroy()
    await expect.poll(countClients, patience).toBe(20)
    await expect.poll(() => flows.map(({ seen }) => seen.isEnded), patience).toEqual(flows.map((_, at) => at % 2 === 0))
    for (const one of clients) one.destroy()
    await expect.poll(() => flows.every(({ seen }) => seen.isEnded), patience).toBe(true)
  })

  it('whose stream cannot be ended harms nobody', async () => {
    const stream = {
      [Symbol.asyncIterator]: () => ({
        next: async () => ({ done: true as const, value: undefined }),
        return: () => Promise.reject(new Error('broken')),
      }),
    }
    const client = { destroyed: true, writableFinished: false, once: () => client } as never
    untilLeft(stream, client)
    // An unhandled rejection would fail the run.
    await new Promise((resolve) => setImmediate(resolve))
  })
})

describe('an ordinary answer', () => {
  it('leaves nothing behind on a connection that stays open', async () => {
    handler = (_, response) => void response.end('x')
    for (let turn = 0; turn < 20; turn++) {
      const [response] = (await once(ask(`plain-${turn}`), 'response')) as [IncomingMessage]
      response.resume()
      await once(response, 'end')
    }
    await expect.poll(countClients, patience).toBe(0)
  })
})

describe('a request of a server beside ours', () => {
  it.each([
    ['without an id', undefined],
    ['with an empty one', ''],
  ])('%s is not kept', async (_, id) => {
    let count = -1
    handler = (_, response) => {
      count = countClients()
      response.end()
    }
    await once(ask(id), 'response')
    expect([count, clientOf('')]).toEqual([0, undefined])
  })

  it('with the id of ours takes its place, and the one that ends first takes away its own alone', async () => {
    const responses: ServerResponse[] = []
    handler = (_, response) => {
      responses.push(response)
      response.write('x')
    }
    const first = ask('same')
    await once(first, 'response')
    await once(ask('same'), 'response')
    first.destroy()
    await once(responses[0] as ServerResponse, 'close')
    expect(clientOf('same')).toBe(responses[1])
  })

  it('leaves a stream of an unknown invocation as it is', async () => {
    const { stream } = flow()
    const iterator = untilLeft(stream, clientOf('nobody'))[Symbol.asyncIterator]()
    expect(await iterator.next()).toEqual({ done: false, value: Buffer.from('x') })
    await iterator.return?.()
  })
})
