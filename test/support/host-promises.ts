/** What the local host promises beyond any other: part of the suite in host-suite.ts, over the same app. */
import { describe, expect, it } from 'vitest'
import { type RunningHost, startHost } from '../../infra/local/host/host.ts'
import { fixtures, sendRaw } from './host-client.ts'

/** The keys that the suite starts its host with. */
export const keys = { master: 'master-key', host: ['host-key'], functions: { keyed: ['function-key'] } }

/** Declares the cases; the last one stops the host. */
export function describePromises(site: { host: () => RunningHost | undefined; streaming: boolean }): void {
  const { host } = site
  const base = (): string => host()?.url ?? ''

  describe('promises of this host', () => {
    const get = async (path: string, init?: RequestInit) => {
      const answer = await fetch(base() + path, init)
      return { status: answer.status, text: await answer.text() }
    }

    it.each([
      ['/keyed', {}, 401],
      ['/keyed', { 'x-functions-key': 'wrong' }, 401],
      ['/keyed', { 'x-functions-key': 'function-key' }, 200],
      ['/keyed?code=function-key', {}, 200],
      ['/keyed', { 'x-functions-key': 'master-key' }, 200],
      ['/keyed', { 'x-functions-key': 'host-key' }, 200],
      ['/administered', { 'x-functions-key': 'host-key' }, 401],
      ['/administered', { 'x-functions-key': 'master-key' }, 200],
    ])('%s with %o is answered %i', async (path, headers, status) => {
      expect((await get(path, { headers: headers as Record<string, string> })).status).toBe(status)
    })

    it.each([
      [30_000, 200],
      [40_000, 431],
    ])('a header of %i bytes is answered %i', async (length, status) => {
      const lines = ['GET /bare HTTP/1.1', 'Host: a.example', `x-long: ${'a'.repeat(length)}`]
      expect((await sendRaw(base(), lines)).status).toBe(status)
    })

    it('tells its state, and nothing else under admin', async () => {
      expect(JSON.parse((await get('/admin/host/status')).text)).toMatchObject({ state: 'Running' })
      expect(await get('/admin/functions/bare')).toMatchObject({ status: 404, text: '' })
    })

    it('lists its functions with routes', () => {
      const listed = host()?.functions.find(({ name }) => name === 'itemNumber')
      expect(listed).toEqual({
        name: 'itemNumber',
        trigger: 'httpTrigger',
        route: '/items/{id:int}',
        methods: ['GET', 'POST'],
      })
      expect(host()?.functions.map((fn) => fn.name)).not.toContain('switchedOff')
    })

    it('answers a function that settings switch off as it answers no route', async () => {
      expect(await get('/switchedOff')).toEqual({ status: 404, text: '' })
    })

    it('takes no forwarded header at all from the caller', async () => {
      const told = await get('/bare', { headers: { 'x-forwarded-prefix': '/evil', 'x-own': 'kept' } })
      expect(told.text).toContain('"x-own":"kept"')
      expect(told.text).not.toContain('x-forwarded-prefix')
    })

    it('refuses a second app in one process', async () => {
      await expect(startHost({ appRoot: `${fixtures}web` })).rejects.toThrow('another process')
    })

    it('lets an open answer end before it stops, and stops once', async () => {
      const slow = get('/slow')
      const events = site.streaming ? get('/events?count=4&pause=150') : undefined
      await new Promise((resolve) => setTimeout(resolve, 100))
      await Promise.all([host()?.stop(), host()?.stop()])
      expect(await slow).toMatchObject({ status: 200, text: 'done' })
      expect((await events)?.text ?? 'data: 4\n\n').toContain('data: 4\n\n')
      await expect(fetch(`${base()}/bare`)).rejects.toThrow()
    })
  })
}
