import { serveStateTimer } from '../shared/serve.ts'

// Quotas, taints, usage, requests, delegations and emergency access that are over.
serveStateTimer({ name: 'sweep-state', schedule: '0 20 * * * *' })
