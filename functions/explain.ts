import { serveRoute } from '../shared/serve.ts'

serveRoute({ name: 'explain', methods: ['POST'], route: 'api/explain', answer: 'explain' })
