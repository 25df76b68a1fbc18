import { serveRoute } from '../shared/serve.ts'

serveRoute({ name: 'operations', methods: ['GET'], route: 'api/operations', answer: 'operations' })
