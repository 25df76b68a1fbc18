import type { IncomingMessage, ServerResponse } from 'node:http'
import type { App } from './app.ts'
import type { HttpData, TypedData } from './contract.ts'
import { formatCookie } from './cookies.ts'
import { answerEmpty, type Exchange, readQuery, toInvocation } from './exchange.ts'
import { invoke } from './invocation.ts'
import { describeError } from './log.ts'

/** The host's own limit on a body that it holds whole: 100 MB. */
const bodyLimit = 104_857_600

async function readBody(req: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of req as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > bodyLimit) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function toHttpData(exchange: Exchange, body: Buffer): HttpData {
  const { req, headers, path, params } = exchange
  return {
    method: req.method ?? 'GET',
    url: `${headers['x-forwarded-proto'] ?? 'http'}://${headers['x-forwarded-host'] ?? ''}${path}`,
    headers,
    query: readQuery(path),
    params,
    ...(body.length === 0 ? {} : { body: { bytes: body } }),
  }
}

function toBytes(body: TypedData | null | undefined): Uint8Array | string {
  return body?.bytes ?? body?.string ?? body?.json ?? ''
}

function send(res: ServerResponse, http: HttpData): void {
  for (const [name, value] of Object.entries(http.headers ?? {})) res.setHeader(name, value)
  const cookies = (http.cookies ?? []).map(formatCookie)
  if (cookies.length > 0) res.setHeader('set-cookie', cookies)
  res.statusCode = Number(http.statusCode ?? 200)
  res.end(toBytes(http.body))
}

async function answer(app: App, exchange: Exchange): Promise<void> {
  const body = await readBody(exchange.req)
  if (body === undefined) return answerEmpty(exchange.res, 413)
  const response = await invoke(app, toInvocation(exchange, toHttpData(exchange, body)))
  const http = response.returnValue?.http
  if (http === undefined) answerEmpty(exchange.res, 204)
  else send(exchange.res, http)
}

/** Answers one request of an app that does not stream: request and answer are held whole. */
export function createBuffered(app: App): (exchange: Exchange) => Promise<void> {
  return async (exchange) => {
    try {
      await answer(app, exchange)
    } catch (error) {
      app.log.write('error', `Function.${exchange.fn.name}`, `failed: ${describeError(error)}`)
      answerEmpty(exchange.res, 500)
    }
  }
}
