import { serveRoute } from '../shared/serve.ts'

serveRoute({ name: 'auditRecords', methods: ['GET'], route: 'api/audit/records', answer: 'auditRecords' })
serveRoute({ name: 'auditHead', methods: ['GET'], route: 'api/audit/head', answer: 'auditHead' })
serveRoute({ name: 'auditStream', methods: ['GET'], route: 'api/audit/stream', answer: 'auditStream' })
serveRoute({ name: 'auditReports', methods: ['GET'], route: 'api/audit/reports', answer: 'auditReports' })
serveRoute({ name: 'auditReport', methods: ['GET'], route: 'api/audit/reports/{date}', answer: 'auditReport' })
serveRoute({
  name: 'reviewReport',
  methods: ['POST'],
  route: 'api/audit/reports/{date}/review',
  answer: 'reviewReport',
})
serveRoute({
  name: 'disposeFinding',
  methods: ['POST'],
  route: 'api/audit/findings/{id}/disposition',
  answer: 'disposeFinding',
})
serveRoute({ name: 'verifyBook', methods: ['POST'], route: 'api/audit/verify', answer: 'verifyBook' })
