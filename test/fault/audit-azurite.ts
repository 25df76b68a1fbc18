// Starts a table server (Azurite, in memory) and a proxy in front of it that can lose requests and replies.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { type RowStore, tableNames } from '../../shared/audit/store.ts'
import { createTableRows } from '../../shared/audit/table-rows.ts'

export type Accident = 'none' | 'lose-request' | 'lose-reply' | 'busy' | 'busy-inside' | 'cut-reply'

export interface TableServer {
  readonly port: number
  /** Through the proxy; `accident` decides for each transaction. */
  accident: (body: Buffer) => Accident
  rows(names: string): RowStore
  stop(): Promise<void>
}

const account = 'devstoreaccount1'
// Azurite's published development key.
const accountKey = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=='

export async function startTableServer(): Promise<TableServer> {
  const port = await freePort()
  const child = startAzurite(port)
  await untilListening(port)
  const server: TableServer = {
    port,
    accident: () => 'none',
    rows: (prefix) => openRows(proxyPort(proxy), prefix),
    async stop() {
      proxy.closeAllConnections()
      proxy.close()
      child.kill('SIGINT')
      await once(child, 'exit')
    },
  }
  const proxy = createServer((incoming, outgoing) => void forward(server, incoming, outgoing))
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  return server
}

/** `timeout` in milliseconds for one request; the store's own unless given. */
export function openRows(port: number, prefix: string, timeout?: number): RowStore {
  const connectionString = connectionStringOf(port)
  const names = tableNames(`${prefix}rows`)
  const options = { account: { connectionString }, names, create: true, allowInsecure: true }
  return createTableRows(timeout === undefined ? options : { ...options, timeout })
}

export function connectionStringOf(port: number): string {
  const endpoint = `TableEndpoint=http://127.0.0.1:${port}/${account};`
  return `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${accountKey};${endpoint}`
}

function startAzurite(port: number): ChildProcess {
  const main = fileURLToPath(new URL('../../node_modules/azurite/dist/src/table/main.js', import.meta.url))
  const flags = ['--silent', '--disableTelemetry', '--skipApiVersionCheck', '--inMemoryPersistence']
  return spawn(process.execPath, [main, ...flags, '--tableHost', '127.0.0.1', '--tablePort', String(port)], {
    stdio: 'ignore',
  })
}

async function forward(server: TableServer, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  const body = Buffer.concat(chunks)
  const accident = incoming.url?.includes('$batch') ? server.accident(body) : 'none'
  if (accident === 'lose-request') return void outgoing.socket?.destroy()
  if (accident === 'busy') return void outgoing.writeHead(503).end()
  if (accident === 'busy-inside') return void answerBusyInside(outgoing)
  const { method = 'GET', url = '/', headers } = incoming
  const upstream = request({ host: '127.0.0.1', port: server.port, method, path: url, headers })
  upstream.on('error', () => outgoing.destroy())
  upstream.on('response', (reply) => {
    if (accident === 'lose-reply') return void reply.resume().on('end', () => outgoing.socket?.destroy())
    if (accident === 'cut-reply') return void cutShort(reply, outgoing)
    outgoing.writeHead(reply.statusCode ?? 500, reply.headers)
    reply.pipe(outgoing)
  })
  upstream.end(body)
}

function answerBusyInside(outgoing: ServerResponse): void {
  const error = '{"odata.error":{"code":"ServerBusy","message":{"lang":"en","value":"busy"}}}'
  const part = `--changesetresponse_1\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 503 Busy\r\n\r\n${error}\r\n`
  outgoing.writeHead(202, { 'content-type': 'multipart/mixed; boundary=batchresponse_1' })
  outgoing.end(`--batchresponse_1\r\n\r\n${part}--changesetresponse_1--\r\n--batchresponse_1--\r\n`)
}

async function cutShort(reply: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of reply) chunks.push(chunk as Buffer)
  const body = Buffer.concat(chunks)
  const { 'content-length': _length, 'transfer-encoding': _encoding, ...headers } = reply.headers
  outgoing.writeHead(reply.statusCode ?? 500, headers)
  outgoing.end(body.subarray(0, body.length / 2))
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const port = proxyPort(server)
  server.close()
  await once(server, 'close')
  return port
}

async function untilListening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const isUp = await fetch(`http://127.0.0.1:${port}/`).then(
      () => true,
      () => false,
    )
    if (isUp) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('the table server did not start')
}

function proxyPort(server: Server): number {
  return (server.address() as AddressInfo).port
}
