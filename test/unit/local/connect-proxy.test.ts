import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Proxy as ConnectProxy, startProxy } from '../../../infra/local/proxy/connect-proxy.ts'

const origin = createServer((_request, response) => response.end('behind'))
let proxy: ConnectProxy

beforeAll(async () => {
  await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve))
  const { port } = origin.address() as AddressInfo
  const routes = { 'one.example': { host: '127.0.0.1', port }, '*.many.example': { host: '127.0.0.1', port } }
  proxy = await startProxy({ routes })
})

afterAll(async () => {
  await proxy.stop()
  origin.closeAllConnections()
  origin.close()
})

/** Sends raw text to the proxy and gives back all that it answers. */
function converse(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(Number(new URL(proxy.url).port), '127.0.0.1', () => socket.write(text))
    socket.on('data', (chunk) => {
      answer += chunk
    })
    socket.on('close', () => resolve(answer))
    socket.on('error', reject)
  })
}

const through = (host: string) =>
  converse(`CONNECT ${host}:443 HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)

describe('CONNECT proxy', () => {
  it.each(['one.example', 'a.many.example', 'a.b.many.example', 'ONE.example'])(
    'leads %s to its counterpart',
    async (host) => {
      expect(await through(host)).toMatch(/^HTTP\/1\.1 200 .*behind$/s)
    },
  )

  it.each(['many.example', 'notmany.example', 'one.example.evil.test', 'constructor'])(
    'refuses %s with 502 and remembers it',
    async (host) => {
      expect(await through(host)).toMatch(/^HTTP\/1\.1 502 /)
      expect(proxy.refused).toContain(`${host}:443`)
    },
  )

  it('takes no method but CONNECT', async () => {
    expect(await converse('GET http://one.example/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 405 /,
    )
  })
})
