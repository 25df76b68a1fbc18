import { serveRoute } from '../shared/serve.ts'

serveRoute({ name: 'recording', methods: ['GET'], route: 'api/recordings/{id}', answer: 'recording' })
