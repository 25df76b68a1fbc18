import type { Backend, Operation } from '../../../shared/backend/define.ts'
import { echoFor } from './echo.ts'
import { callRest } from './rest-caller.ts'
import { inputsOf } from './samples.ts'
import { serveReplies } from './spec-server.ts'

/** A request in one line and what goes with it, without what every request has. */
export interface ShownRequest {
  /** Method, path and query, decoded. */
  readonly line: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

const usual =
  /^(?:host|connection|authorization|user-agent|traceparent|x-request-id|x-ms-client-request-id|accept-language|sec-fetch-mode|accept-encoding|content-length|transfer-encoding|pragma|cache-control)$/

/** The first request that an operation makes of its sample inputs, all of them, to a server that answers as it wants. */
export async function requestOf(backend: Backend, name: string): Promise<ShownRequest> {
  const operation = backend.operations[name] as Operation
  const seen: ShownRequest[] = []
  const server = await serveReplies(({ method, url, headers, body }) => {
    const own = Object.entries(headers).filter(
      ([header, value]) =>
        !usual.test(header) && !(/^(?:accept|content-type)$/.test(header) && value === 'application/json'),
    )
    seen.push({
      line: `${method} ${decodeURIComponent(url)}`,
      ...(own.length === 0 ? {} : { headers: Object.fromEntries(own) as Record<string, string> }),
      ...(body === '' ? {} : { body: asJson(body) }),
    })
    return echoFor(operation)
  })
  try {
    const inputs = inputsOf(backend, name, 'full')
    await callRest({ backend, operation, inputs, baseUrl: server.url, fetch })
  } finally {
    await server.close()
  }
  const [first] = seen
  if (first === undefined) throw new Error(`${backend.name}.${name} sent nothing`)
  return first
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
