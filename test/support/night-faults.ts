// A night on a table server (Azurite, in memory) of which one exchange fails.
import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'vitest'
import { openRows, startTableServer, type TableServer } from '../fault/audit-azurite.ts'
import { createNightWorld, judge, minute, type NightWorld, recordCalls } from './night-world.ts'

export type Failure = 'request lost' | 'reply lost' | '500' | '503' | 'slow'
export const failures: readonly Failure[] = ['request lost', 'reply lost', '500', '503', 'slow']
const timeout = 1000

/** Forwards to the table server, and does to the n-th exchange, from when it is armed on, what is asked. */
interface Faults {
  readonly port: number
  readonly arm: (nth: number, failure: Failure) => void
  /** Exchanges since then. */
  readonly count: () => number
  readonly stop: () => void
}

let tables: TableServer
let faults: Faults
let names = 0

export async function startNightFaults(): Promise<void> {
  tables = await startTableServer()
  faults = await startFaults(tables.port)
}

export async function stopNightFaults(): Promise<void> {
  faults.stop()
  await tables.stop()
}

async function startFaults(port: number): Promise<Faults> {
  let [seen, at, failure]: [number, number, Failure] = [0, 0, '500']
  const server = createServer((incoming, outgoing) => {
    const befallen = ++seen === at ? failure : null
    void forward({ port, incoming, outgoing }, befallen)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    arm(nth, what) {
      seen = 0
      at = nth
      failure = what
    },
    count: () => seen,
    stop() {
      server.closeAllConnections()
      server.close()
    },
  }
}

interface Exchange {
  readonly port: number
  readonly incoming: IncomingMessage
  readonly outgoing: ServerResponse
}

async function forward({ port, incoming, outgoing }: Exchange, failure: Failure | null): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  if (failure === 'request lost') return void outgoing.socket?.destroy()
  if (failure === '500' || failure === '503') return void outgoing.writeHead(Number(failure)).end()
  const { method = 'GET', url = '/', headers } = incoming
  const upstream = request({ host: '127.0.0.1', port, method, path: url, headers })
  upstream.on('error', () => outgoing.destroy())
  upstream.on('response', (reply) => {
    if (failure === 'reply lost') return void reply.resume().on('end', () => outgoing.socket?.destroy())
    setTimeout(
      () => {
        outgoing.writeHead(reply.statusCode ?? 500, reply.headers)
        reply.pipe(outgoing)
      },
      failure === 'slow' ? timeout + 100 : 0,
    )
  })
  upstream.end(Buffer.concat(chunks))
}

/** A day with calls over two segments, in tables of its own, up to the hour of the run. */
async function prepare(): Promise<NightWorld> {
  faults.arm(0, '500')
  const world = createNightWorld(openRows(faults.port, `n${Date.now().toString(36)}${names++}`, timeout))
  const writer = world.openWriter(6)
  await recordCalls(writer, 'c', 4)
  await writer.close()
  world.now += 60 * minute
  await world.seal()
  faults.arm(0, '500')
  return world
}

async function live(world: NightWorld): Promise<void> {
  const tasks = await world.wake().catch(() => [])
  for (const task of tasks) await world.work([task]).catch(() => undefined)
}

/** Exchanges of a night in which nothing fails. */
export async function countExchanges(): Promise<number> {
  const world = await prepare()
  await live(world)
  const count = faults.count()
  await goOn(world, 'no failure')
  return count
}

/** One exchange fails; later wakes do what was left. */
export async function survive(nth: number, failure: Failure): Promise<void> {
  const world = await prepare()
  faults.arm(nth, failure)
  await live(world)
  // A round that ended early had fewer exchanges: what comes after it is another matter.
  faults.arm(0, failure)
  await goOn(world, `${failure} at ${nth}`)
}

async function goOn(world: NightWorld, what: string): Promise<void> {
  for (let wake = 0; wake < 2; wake++) {
    world.now += 16 * minute
    await world.seal()
    await live(world)
  }
  await world.close()
  await check(world, what)
}

async function check(world: NightWorld, what: string): Promise<void> {
  const facts = [...world.reports.values()].map((kept) => kept.facts)
  const told = new Set(world.posted.map(({ url }) => url))
  const rows: unknown[] = []
  for await (const page of world.rows.list('rows')) rows.push(...page.filter((row) => row.properties.kind === 'report'))
  expect([what, facts.length, rows.length, told.size]).toEqual([what, 1, 1, 2])
  const only = facts[0]
  expect([what, only && judge(only), only?.findings, only?.period]).toEqual([what, 'PASS', [], { calls: 4 }])
}
