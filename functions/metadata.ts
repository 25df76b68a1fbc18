import { serveRoute } from '../shared/serve.ts'

serveRoute({ name: 'health', methods: ['GET'], route: 'health', answer: 'health' })
serveRoute({ name: 'openapi', methods: ['GET'], route: 'openapi.json', answer: 'openapi' })
serveRoute({ name: 'problems', methods: ['GET'], route: 'problems/{code}', answer: 'problemPage' })
serveRoute({
  name: 'protectedResource',
  methods: ['GET'],
  route: '.well-known/oauth-protected-resource/{resource?}',
  answer: 'protectedResource',
})
