import { serveRoute } from '../shared/serve.ts'

serveRoute({ name: 'breakGlass', methods: ['POST'], route: 'api/break-glass', answer: 'breakGlass' })
serveRoute({ name: 'listGlass', methods: ['GET'], route: 'api/break-glass', answer: 'listGlass' })
serveRoute({ name: 'endGlass', methods: ['DELETE'], route: 'api/break-glass', answer: 'endGlass' })
serveRoute({ name: 'reviewGlass', methods: ['POST'], route: 'api/break-glass/{id}/review', answer: 'reviewGlass' })
