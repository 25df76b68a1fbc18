import { serveRoute } from '../shared/serve.ts'

serveRoute({ name: 'policies', methods: ['GET'], route: 'api/policies', answer: 'policies' })
