import type { ServerResponse } from 'node:http'
import type { App } from './app.ts'
import { answerEmpty, type Deliver, type Exchange, toInvocation } from './exchange.ts'
import { invoke } from './invocation.ts'
import type { LibraryServer } from './library-server.ts'
import { describeError } from './log.ts'
import { withInvocationId } from './request-headers.ts'

/** Hands the public request itself to the library. */
export function createDirect(library: LibraryServer): Deliver {
  return async ({ req, res, headers, id, path }) => {
    req.headers = withInvocationId(headers, id)
    req.url = path
    library.emit(req, res)
  }
}

type Outcome = { readonly returned: true } | { readonly error: unknown }

async function runInvocation(app: App, exchange: Exchange): Promise<Outcome> {
  try {
    await invoke(app, toInvocation(exchange, {}))
    return { returned: true }
  } catch (error) {
    return { error }
  }
}

function reportHang(app: App, exchange: Exchange, outcome: Outcome): void {
  const what = 'error' in outcome ? `threw ${describeError(outcome.error)}` : 'returned no response'
  app.log.problem(
    `function '${exchange.fn.name}' ${what} while streaming is on: on Azure this request would hang, unanswered`,
  )
}

function reportCut(app: App, exchange: Exchange, error: unknown): void {
  app.log.write('error', `Function.${exchange.fn.name}`, `the answer broke off: ${describeError(error)}`)
}

/** The library sends nothing for a failure; here the caller gets a 500, or a cut connection once a body has begun. */
function settle(app: App, exchange: Exchange, end: { response: ServerResponse | undefined; outcome: Outcome }): void {
  const { response, outcome } = end
  if (exchange.res.destroyed && !exchange.res.writableFinished) {
    app.log.write('debug', `Function.${exchange.fn.name}`, 'the client left before the answer')
  } else if (response === undefined) {
    answerEmpty(exchange.res, 502)
  } else if (!response.headersSent) {
    reportHang(app, exchange, outcome)
    answerEmpty(response, 500)
  } else if ('error' in outcome) {
    reportCut(app, exchange, outcome.error)
    response.destroy()
  }
}

/** Answers one request of a streaming app. */
export function createStreaming(app: App, library: LibraryServer, deliver: Deliver): (e: Exchange) => Promise<void> {
  return async (exchange) => {
    const running = runInvocation(app, exchange)
    const lost = deliver(exchange).then(() => {
      const reached = library.responseOf(exchange.id) !== undefined
      return reached ? running : { error: new Error('the request did not reach the library') }
    })
    const outcome = await Promise.race([running, lost])
    settle(app, exchange, { response: library.responseOf(exchange.id), outcome })
    library.forget(exchange.id)
  }
}
