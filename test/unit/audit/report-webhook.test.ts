import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createReportWebhook } from '../../../shared/audit/report-webhook.ts'

const report = { date: '2026-11-22', verdict: 'PASS', digest: 'ab', url: 'https://gateway.test/r/2026-11-22' }
let server: Server
let answers: number[]
let seen: { readonly path: string; readonly body: string }[]
let waited: number[]

beforeEach(async () => {
  answers = []
  seen = []
  waited = []
  server = createServer(async (request, response) => {
    seen.push({ path: request.url ?? '', body: await text(request) })
    const status = answers.shift() ?? 204
    if (status === 0) response.destroy()
    if (status > 1) response.writeHead(status, { location: '/elsewhere' }).end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterEach(() => {
  server.closeAllConnections()
  server.close()
})

function post(): Promise<boolean> {
  const wait = async (ms: number) => void waited.push(ms)
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
  return createReportWebhook({ fetch, wait, timeout: 300 })(url, report)
}

describe('a report webhook', () => {
  it('says date, verdict, digest and where to read it', async () => {
    expect(await post()).toBe(true)
    expect(seen.map(({ path, body }) => [path, JSON.parse(body)])).toEqual([['/hook', report]])
  })

  it.each([
    ['is refused once', [500], true, 2],
    ['is cut off twice', [0, 0], true, 3],
    ['is not answered once', [1], true, 2],
    ['is refused three times', [500, 404, 503, 200], false, 3],
    ['is sent elsewhere', [302, 302, 302], false, 3],
  ])('that %s', async (...[, given, isTaken, times]) => {
    answers = given
    expect([await post(), seen.length]).toEqual([isTaken, times])
    expect(seen.every(({ path }) => path === '/hook')).toBe(true)
    expect(waited).toEqual([1000, 4000].slice(0, times - 1))
  })
})
