import { serveTimer } from '../shared/serve.ts'

serveTimer({ name: 'reconcile-calls', schedule: '20 */5 * * * *', job: 'reconcile' })
