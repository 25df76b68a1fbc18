// Stands in for an app: HTTP functions for the conformance suite. HOST_FIXTURE_BUFFERED=1 switches streaming off.
import { createHash } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { app } from '@azure/functions'

if (process.env.HOST_FIXTURE_BUFFERED !== '1') app.setup({ enableHttpStream: true })

const all = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']
const encoder = new TextEncoder()

async function describe(request, context) {
  const { method, url, params, user } = request
  const headers = Object.fromEntries(request.headers)
  const query = Object.fromEntries(request.query)
  const text = await request.text()
  const trace = context.traceContext?.traceParent
  return { jsonBody: { name: context.functionName, method, url, params, query, headers, user, text, trace } }
}

app.http('echo', { route: 'echo/{*rest}', methods: all, handler: describe })
app.http('bare', { handler: describe })
app.http('itemSpecial', { route: 'items/special', handler: describe })
app.http('itemNumber', { route: 'items/{id:int}', handler: describe })
app.http('itemAny', { route: 'items/{id}', handler: describe })
app.http('itemRest', { route: 'items/{*rest}', handler: describe })
app.http('optional', { route: 'optional/{p?}', handler: describe })
app.http('fallback', { route: 'fallback/{p=zwei}', handler: describe })
app.http('file', { route: 'files/{stem}.{extension}', handler: describe })
app.http('verbRead', { route: 'verb', methods: ['GET'], handler: describe })
app.http('verbWrite', { route: 'verb', methods: ['PUT'], handler: describe })
app.http('keyed', { authLevel: 'function', handler: describe })
app.http('administered', { authLevel: 'admin', handler: describe })
app.http('switchedOff', { handler: describe })

app.http('cookies', {
  handler: async () => ({
    cookies: [
      { name: 'a', value: 'x y', httpOnly: true, sameSite: 'Strict', path: '/' },
      { name: 'b', value: '2', secure: true, maxAge: 60 },
    ],
  }),
})

app.http('created', {
  handler: async () => ({ status: 201, headers: { 'x-own': 'yes', connection: 'close' }, body: 'made' }),
})

app.http('empty', { handler: async () => ({ status: 204 }) })

app.http('digest', {
  handler: async (request) => {
    const hash = createHash('sha256')
    let chunks = 0
    for await (const chunk of request.body ?? []) {
      chunks += 1
      hash.update(chunk)
    }
    return { jsonBody: { sha256: hash.digest('hex'), chunks } }
  },
})

app.http('firstChunk', {
  handler: async (request) => {
    const reader = request.body.getReader()
    const { value } = await reader.read()
    return { body: value }
  },
})

async function* countTo(last, pause) {
  for (let number = 1; number <= last; number += 1) {
    yield encoder.encode(`data: ${number}\n\n`)
    await wait(pause)
  }
}

app.http('events', {
  handler: async (request) => ({
    headers: { 'content-type': 'text/event-stream' },
    body: ReadableStream.from(
      countTo(Number(request.query.get('count') ?? 3), Number(request.query.get('pause') ?? 50)),
    ),
  }),
})

async function* breakOff() {
  yield encoder.encode('begun')
  await wait(50)
  throw new Error('broke off')
}

app.http('broken', { handler: async () => ({ body: ReadableStream.from(breakOff()) }) })

app.http('slow', {
  handler: async () => {
    await wait(400)
    return { body: 'done' }
  },
})
