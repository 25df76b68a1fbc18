// Stands in for an app in CommonJS: timers, queues, retries and every kind of hook. What ran is told by GET /api/seen.
const { app, output } = require('@azure/functions')

const seen = { starts: [], ticks: [], retried: [], messages: [], hooks: [], logs: [] }
globalThis.hostFixtureSeen = seen

app.http('seen', { methods: ['GET'], handler: async () => ({ jsonBody: seen }) })

app.http('hooked', {
  handler: async (request, context) => {
    context.log('secret thing')
    if (request.query.get('fail')) throw new Error('handler failed')
    return { body: 'from the handler' }
  },
})

app.timer('tick', {
  schedule: '%TICK_SCHEDULE%',
  handler: async (timer, context) => {
    context.log('ticked')
    context.debug('not shown')
    seen.ticks.push(timer)
  },
})
app.timer('atStart', { schedule: '0 0 1 1 *', runOnStartup: true, handler: async () => void seen.starts.push('atStart') })
app.timer('retried', {
  schedule: '0 0 0 1 1 *',
  retry: { strategy: 'fixedDelay', maxRetryCount: 2, delayInterval: 0 },
  handler: async (_timer, context) => {
    seen.retried.push(context.retryContext?.retryCount ?? null)
    if (seen.retried.length < 3) throw new Error('not yet')
  },
})
app.timer('fails', {
  schedule: '0 0 0 1 1 *',
  handler: async () => {
    throw new Error('timer failed')
  },
})

const sent = output.storageQueue({ queueName: 'orders', connection: 'AzureWebJobsStorage' })
app.http('send', {
  extraOutputs: [sent],
  handler: async (request, context) => {
    context.extraOutputs.set(sent, await request.json())
    return { status: 202 }
  },
})
app.storageQueue('orders', {
  queueName: 'orders',
  connection: 'AzureWebJobsStorage',
  handler: async (entry, context) => {
    seen.messages.push({ entry, count: context.triggerMetadata.dequeueCount })
    if (entry.fail) throw new Error('cannot take this order')
  },
})

app.hook.appStart(() => void seen.hooks.push('appStart'))
app.hook.appTerminate(() => void seen.hooks.push('appTerminate'))
app.hook.preInvocation((context) => {
  if (context.invocationContext.functionName !== 'hooked') return
  context.hookData.before = 'kept'
  const handler = context.functionHandler
  context.functionHandler = async (...inputs) => {
    const response = await handler(...inputs)
    return { ...response, headers: { 'x-hook': 'pre' } }
  }
})
app.hook.postInvocation((context) => {
  if (context.invocationContext.functionName !== 'hooked') return
  seen.hooks.push(`postInvocation ${context.hookData.before}`)
  if (context.error) {
    context.error = undefined
    context.result = { status: 418, body: 'saved by a hook' }
  }
})
app.hook.log((context) => {
  context.message = context.message.replace('secret', 'masked')
  if (context.category === 'user') seen.logs.push(context.message)
})
