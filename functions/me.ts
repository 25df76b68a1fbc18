import { serveRoute } from '../shared/serve.ts'

serveRoute({ name: 'myActivity', methods: ['GET'], route: 'api/me/activity', answer: 'myActivity' })
serveRoute({ name: 'notMe', methods: ['POST'], route: 'api/me/activity/{id}/not-me', answer: 'notMe' })
serveRoute({ name: 'switchAgent', methods: ['PUT'], route: 'api/me/agents/{id}', answer: 'switchAgent' })
