import { serveRoute } from '../shared/serve.ts'

// Clients of OpenAI ask `v1/…`, those of Azure `deployments/<name>/…`; which operation is meant says the line.
serveRoute({ name: 'openai', methods: ['GET', 'POST'], route: 'openai/{*path}', answer: 'openai' })
