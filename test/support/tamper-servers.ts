// Starts the table and the blob server of a case (Azurite, in memory, one process). Nothing stands in front of them: what an
// immutability policy or a role would forbid is possible here, as it is for somebody who got behind these.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'

const account = 'devstoreaccount1'
// Azurite's published development key.
const accountKey = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=='
const main = fileURLToPath(new URL('../../node_modules/azurite/dist/src/azurite.js', import.meta.url))

export interface TamperServers {
  readonly tables: string
  readonly blobs: string
  readonly ports: { readonly table: number; readonly blob: number }
  stop(): Promise<void>
}

/** Starts both; resolves when they answer. */
export async function startTamperServers(): Promise<TamperServers> {
  const [table = 0, blob = 0, queue = 0] = await findPorts(3)
  const flags = ['--silent', '--disableTelemetry', '--skipApiVersionCheck', '--inMemoryPersistence']
  const places = Object.entries({ table, blob, queue }).flatMap(([name, port]) => [
    ...[`--${name}Host`, '127.0.0.1'],
    ...[`--${name}Port`, String(port)],
  ])
  const child = spawn(process.execPath, [main, ...flags, ...places], { stdio: 'ignore' })
  await Promise.all([table, blob].map(untilListening))
  return {
    tables: connectionString('Table', table),
    blobs: connectionString('Blob', blob),
    ports: { table, blob },
    stop: () => end(child),
  }
}

/** A connection string for a service of that account on a port of 127.0.0.1. */
export function connectionString(service: 'Table' | 'Blob', port: number): string {
  const endpoint = `${service}Endpoint=http://127.0.0.1:${port}/${account};`
  return `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${accountKey};${endpoint}`
}

/** Ports that are free now. */
export async function findPorts(count: number): Promise<readonly number[]> {
  const probes = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(probes.map((probe) => once(probe, 'listening')))
  const ports = probes.map((probe) => (probe.address() as AddressInfo).port)
  await Promise.all(probes.map((probe) => once(probe.close(), 'close')))
  return ports
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGINT')
  await ended
}

async function untilListening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt++) {
    const isUp = await fetch(`http://127.0.0.1:${port}/`).then(
      () => true,
      () => false,
    )
    if (isUp) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('the server did not start')
}
