import { serveRoute } from '../shared/serve.ts'

serveRoute({ name: 'console', methods: ['GET'], route: 'console/{file?}', answer: 'console' })
