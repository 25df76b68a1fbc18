import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createDefaultHttpClient, type HttpClient } from '@azure/core-rest-pipeline'
import { afterEach, describe, expect, it } from 'vitest'
import { createReleaseBlob } from '../../../shared/policy/release-blob.ts'

const stopping: (() => void)[] = []
afterEach(() => {
  for (const stop of stopping.splice(0)) stop()
})

/** A store over plain http on this machine; the client is led there from the https address that the reader insists on. */
async function openBlob(answer: RequestListener, timeout = 2_000) {
  const server = createServer(answer)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  stopping.push(() => {
    server.closeAllConnections()
    server.close()
  })
  const inner = createDefaultHttpClient()
  const client: HttpClient = {
    sendRequest: (request) => {
      request.url = request.url.replace(
        'https://store.test',
        `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      )
      request.allowInsecureConnection = true
      return inner.sendRequest(request)
    },
  }
  const credential = { getToken: async () => ({ token: 't', expiresOnTimestamp: Date.now() + 3_600_000 }) }
  return createReleaseBlob({ url: 'https://store.test/policies/release.json', credential, timeout, client })
}

describe('the blob of releases', () => {
  it('is read with its tag, as the identity of the gateway, and not again while it is the same', async () => {
    const asked: (string | undefined)[] = []
    const read = await openBlob((request, response) => {
      asked.push(request.headers.authorization, request.headers['if-none-match'])
      if (request.headers['if-none-match'] === '"1"') return void response.writeHead(304).end()
      response.writeHead(200, { etag: '"1"', 'content-length': 4 }).end('text')
    })
    expect(await read(undefined)).toEqual({ text: 'text', etag: '"1"' })
    expect(await read('"1"')).toBe('unchanged')
    expect(asked).toEqual(['Bearer t', undefined, 'Bearer t', '"1"'])
  })

  it('may be missing', async () => {
    const read = await openBlob((_request, response) => void response.writeHead(404).end())
    expect(await read(undefined)).toBe('missing')
  })

  it.each<[string, RequestListener]>([
    ['an answer that is none', (_request, response) => void response.writeHead(500).end()],
    [
      'a redirection',
      (_request, response) => void response.writeHead(302, { location: 'https://elsewhere.test/' }).end(),
    ],
    ['an answer without a length', (_request, response) => void response.writeHead(200).end('text')],
    [
      'an answer that is cut short',
      (_request, response) => {
        response.writeHead(200, { 'content-length': 9 }).write('text')
        setTimeout(() => response.destroy(), 20)
      },
    ],
    [
      'an endless answer',
      (_request, response) => {
        response.writeHead(200)
        const chunk = Buffer.alloc(1_048_576)
        const more = () => {
          while (!response.destroyed && response.write(chunk));
          if (!response.destroyed) response.once('drain', more)
        }
        more()
      },
    ],
    ['silence', () => undefined],
  ])('is nothing to rely on after %s', async (_what, answer) => {
    const read = await openBlob(answer, 700)
    await expect(read(undefined)).rejects.toThrow()
  })
})
