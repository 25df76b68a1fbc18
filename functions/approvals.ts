import { serveRoute } from '../shared/serve.ts'

serveRoute({ name: 'approvals', methods: ['GET'], route: 'api/approvals', answer: 'approvals' })
serveRoute({ name: 'approval', methods: ['GET'], route: 'api/approvals/{id}', answer: 'approval' })
serveRoute({
  name: 'decideApproval',
  methods: ['POST'],
  route: 'api/approvals/{id}/decision',
  answer: 'decideApproval',
})
serveRoute({ name: 'cancelApproval', methods: ['POST'], route: 'api/approvals/{id}/cancel', answer: 'cancelApproval' })
serveRoute({ name: 'revokeApproval', methods: ['POST'], route: 'api/approvals/{id}/revoke', answer: 'revokeApproval' })
serveRoute({ name: 'delegations', methods: ['GET'], route: 'api/approvals/delegations', answer: 'delegations' })
serveRoute({ name: 'delegate', methods: ['PUT'], route: 'api/approvals/delegations', answer: 'delegate' })
serveRoute({ name: 'endDelegation', methods: ['DELETE'], route: 'api/approvals/delegations', answer: 'endDelegation' })
