import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { type ChildHost, fixtures, spawnHost, startChildHost } from '../../support/host-client.ts'

const web = ['--app', `${fixtures}web`]

describe('host command', () => {
  let running: ChildHost | undefined

  afterEach(() => {
    if (running?.child.exitCode === null) running.child.kill('SIGKILL')
    running = undefined
  })

  it.each(['SIGTERM', 'SIGINT'] as const)('lets an open answer end on %s and exits 0', async (signal) => {
    running = await startChildHost(web)
    const slow = fetch(`${running.url}/slow`).then((answer) => answer.text())
    await new Promise((resolve) => setTimeout(resolve, 150))
    running.child.kill(signal)
    expect(await slow).toBe('done')
    expect(await running.ended).toEqual([0, null])
  })

  it('stops when the parent closes its standard input', async () => {
    running = await startChildHost([...web, '--dispatch', 'direct'])
    running.child.stdin?.end()
    expect(await running.ended).toEqual([0, null])
  })

  it('stops when the parent closes its channel', async () => {
    running = await startChildHost(web, { ipc: true })
    expect((await fetch(`${running.url}/bare`)).status).toBe(200)
    running.child.disconnect()
    expect(await running.ended).toEqual([0, null])
  })

  it.each([
    ['an entry that throws', ['--app', `${fixtures}broken`], 'throws.mjs cannot be loaded: Error: thrown by the entry'],
    ['no host.json', ['--app', fixtures], 'host.json cannot be used'],
    ['a wrong dispatch', [...web, '--dispatch', 'sideways'], "not 'sideways'"],
    ['a wrong port', [...web, '--port', '70000'], "not '70000'"],
  ])('does not start with %s, and says so', async (_, args, words) => {
    const { written, ended } = spawnHost(args)
    expect(await ended).toEqual([1, null])
    expect(written.log).toContain(words)
    expect(written.out).toBe('')
  })

  describe('with an outgoing proxy', () => {
    let proxy: Server
    let target: Server
    const tunnels: string[] = []

    const listen = async (server: Server): Promise<number> => {
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      return (server.address() as AddressInfo).port
    }

    afterEach(() => {
      for (const server of [proxy, target]) {
        server.close()
        server.closeAllConnections()
      }
    })

    it('sends global fetch through it by CONNECT, except to hosts in NO_PROXY', async () => {
      target = createServer((_, res) => res.end('reached'))
      const targetPort = await listen(target)
      proxy = createServer()
      proxy.on('connect', (req, socket) => {
        tunnels.push(req.url ?? '')
        const onward = connect(targetPort, '127.0.0.1', () => {
          socket.write('HTTP/1.1 200 OK\r\n\r\n')
          onward.pipe(socket).pipe(onward)
        })
        for (const end of [onward, socket]) end.on('error', () => undefined)
      })
      const env = { COUNTERSIGN_STACK_PROXY: `http://127.0.0.1:${await listen(proxy)}`, NO_PROXY: '127.0.0.1' }
      running = await startChildHost(['--app', `${fixtures}fetching`], { env })
      const ask = async (url: string) =>
        (await fetch(`${running?.url}/api/fetch?url=${encodeURIComponent(url)}`)).text()
      expect(await ask('http://backend.invalid:8080/')).toBe('reached')
      expect(tunnels).toEqual(['backend.invalid:8080'])
      expect(await ask(`http://127.0.0.1:${targetPort}/`)).toBe('reached')
      expect(tunnels).toHaveLength(1)
    })
  })
})
