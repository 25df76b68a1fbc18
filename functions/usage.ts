import { serveRoute } from '../shared/serve.ts'

serveRoute({ name: 'usage', methods: ['GET'], route: 'api/usage', answer: 'usage' })
