import { serveRoute } from '../shared/serve.ts'

serveRoute({
  name: 'fallback',
  methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
  route: 'api/{backend?}/{operation?}/{*rest}',
  answer: 'fallback',
})
