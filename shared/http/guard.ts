import type { HttpHandler, HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions'
import type { Answer, Inbound } from '../pipeline/ports.ts'
import { readInbound } from './inbound.ts'
import { type Client, clientOf, untilLeft } from './left-clients.ts'
import type { AnswerRoute, RunningApp } from './running-app.ts'

/** Loaded at the first request; one per process. */
async function loadApp(): Promise<RunningApp> {
  const { runningApp } = await import('../app.ts')
  return runningApp()
}

/**
 * The one wrapper of every handler: it can neither throw nor return nothing, since in streaming mode Azure's host would
 * then leave the request without an answer until it times out (azure-functions-nodejs-library issue 324).
 */
export function guard(route: AnswerRoute, backend?: string): HttpHandler {
  return async (request: HttpRequest, { invocationId }: InvocationContext): Promise<HttpResponseInit> => {
    try {
      const client = clientOf(invocationId)
      const app = await loadApp()
      return toResponse(await answerSafely(app, route, await readInbound(request, backend)), client)
    } catch {
      return { status: 500, headers: { 'cache-control': 'no-store' } }
    }
  }
}

async function answerSafely(app: RunningApp, route: AnswerRoute, inbound: Inbound): Promise<Answer> {
  try {
    return await app.answers[route](inbound)
  } catch (error) {
    return app.refuse(error, inbound)
  }
}

function toResponse({ status, headers, body, stream }: Answer, client: Client | undefined): HttpResponseInit {
  return { status, headers: { ...headers }, body: stream === undefined ? body : untilLeft(stream, client) }
}
