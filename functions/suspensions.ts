import { serveRoute } from '../shared/serve.ts'

serveRoute({ name: 'suspensions', methods: ['GET'], route: 'api/suspensions', answer: 'suspensions' })
serveRoute({ name: 'suspend', methods: ['POST'], route: 'api/suspensions', answer: 'suspend' })
serveRoute({ name: 'liftSuspension', methods: ['DELETE'], route: 'api/suspensions/{id}', answer: 'liftSuspension' })
