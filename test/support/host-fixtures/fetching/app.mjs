// Stands in for an app that calls out with the global fetch: GET /api/fetch?url=… passes on what it got.
import { app } from '@azure/functions'

app.http('fetch', {
  handler: async (request) => ({ body: await (await fetch(request.query.get('url'))).text() }),
})
