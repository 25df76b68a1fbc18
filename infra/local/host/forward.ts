import http, { type Agent, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http'
import { answerEmpty, type Deliver, type Exchange } from './exchange.ts'
import { withInvocationId } from './request-headers.ts'

const hopByHop = new Set(['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'upgrade', 'expect'])

function outgoingHeaders(exchange: Exchange): OutgoingHttpHeaders {
  const headers = withInvocationId(exchange.headers, exchange.id)
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !hopByHop.has(name)))
}

function incomingHeaders(raw: readonly string[]): string[] {
  const kept: string[] = []
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] ?? ''
    if (hopByHop.has(name.toLowerCase()) || name.toLowerCase() === 'transfer-encoding') continue
    kept.push(name, raw[index + 1] ?? '')
  }
  return kept
}

function passBack(exchange: Exchange, answer: IncomingMessage): void {
  const { res } = exchange
  res.writeHead(answer.statusCode ?? 502, answer.statusMessage ?? '', incomingHeaders(answer.rawHeaders))
  res.flushHeaders()
  answer.on('error', () => res.destroy())
  answer.pipe(res)
}

/**
 * Passes requests to the library's server over loopback, as Azure's host does, and the answers back. The agent must
 * not limit sockets, or long streams would queue.
 */
export function createForward(port: number, agent: Agent): Deliver {
  return async (exchange) => {
    const { req, res, path } = exchange
    const headers = outgoingHeaders(exchange)
    const hop = http.request({ host: '127.0.0.1', port, agent, method: req.method, path, headers })
    hop.on('response', (answer) => passBack(exchange, answer))
    hop.on('error', () => (res.headersSent ? res.destroy() : answerEmpty(res, 502)))
    res.on('close', () => {
      if (!res.writableFinished) hop.destroy()
    })
    req.pipe(hop)
    await new Promise((resolve) => hop.on('close', resolve))
  }
}
