import { serveRoute } from '../shared/serve.ts'

// GET and DELETE opened and ended sessions in earlier revisions; a stateless server answers them 405.
serveRoute({ name: 'mcp', methods: ['GET', 'POST', 'DELETE'], route: 'mcp/{backend?}', answer: 'mcp' })
