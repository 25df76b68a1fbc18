import { serveTimer } from '../shared/serve.ts'

// Months' keys ahead of their time, and segments that are past their retention.
serveTimer({ name: 'keep-house', schedule: '0 45 3 * * *', job: 'keep' })
