// Stands in for an app with mistakes: what would hang on Azure, and functions that cannot be started there.
import { app, type HttpHandler } from '@azure/functions'

app.setup({ enableHttpStream: true })

app.http('throws', {
  handler: async () => {
    throw new Error('on purpose')
  },
})
app.http('returnsNothing', { handler: (async () => undefined) as unknown as HttpHandler })
app.http('returnsNull', { handler: (async () => null) as unknown as HttpHandler })
app.http('returnsText', { handler: (async () => 'text') as unknown as HttpHandler })
app.http('badStatus', { handler: async () => ({ status: 99 }) })
app.http('fine', { handler: async () => ({ body: 'fine' }) })
app.http('twice', { route: 'Fine', handler: async () => ({ body: 'second' }) })
app.http('slash', { route: '/slash', handler: async () => ({ body: 'never' }) })
app.http('constraint', { route: 'x/{p:prime}', handler: async () => ({ body: 'never' }) })
app.storageQueue('queued', { queueName: 'q', connection: 'AzureWebJobsStorage', handler: async () => {} })
app.storageBlob('blob', { path: 'in/{name}', connection: 'AzureWebJobsStorage', handler: async () => {} })
app.timer('daily', { schedule: '@daily', handler: async () => {} })
