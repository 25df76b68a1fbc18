import { app } from '@azure/functions'

app.http('health', {
  methods: ['GET'],
  route: 'health',
  authLevel: 'anonymous',
  handler: () => ({ jsonBody: { status: 'ok' } }),
})
app.http('settings', {
  methods: ['GET'],
  route: 'settings',
  authLevel: 'anonymous',
  handler: () => ({
    jsonBody: Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith('COUNTERSIGN_'))),
  }),
})
