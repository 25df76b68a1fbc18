import { serveTimer } from '../shared/serve.ts'

// The timer only wakes: what is due follows from the clock and from what the last night left in the table of runs.
serveTimer({ name: 'verify-chain', schedule: '30 * * * * *', job: 'night' })
