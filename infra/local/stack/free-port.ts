import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'

/** Below what systems give to servers that ask for any port, so that none of those takes it before it is used. */
const ownPorts = { from: 20_000, to: 30_000 }
const mostTries = 20

/** The port if it is free on 127.0.0.1 (0: any free one); throws an error that names it where it is taken. */
export async function takePort(wanted: number): Promise<number> {
  if (wanted !== 0) return tryPort(wanted)
  for (let turn = 0; turn < mostTries; turn++) {
    const found = await tryPort(randomInt(ownPorts.from, ownPorts.to)).catch(() => null)
    if (found !== null) return found
  }
  return tryPort(0)
}

async function tryPort(wanted: number): Promise<number> {
  const server = createServer()
  const failed = once(server, 'error').then(([error]) => Promise.reject(error))
  server.listen(wanted, '127.0.0.1')
  await Promise.race([once(server, 'listening'), failed]).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'EADDRINUSE' ? 'is taken' : `cannot be used (${error.code})`
    throw new Error(`port ${wanted} ${why}: set PORT to another one, or to 0 for any free one`)
  })
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** `PORT` of the environment, 7071 where it is not set, null where it is no port. */
export function readPort(text: string | undefined): number | null {
  if (text === undefined || text === '') return 7071
  const port = Number(text)
  return Number.isInteger(port) && port >= 0 && port <= 65_535 ? port : null
}
