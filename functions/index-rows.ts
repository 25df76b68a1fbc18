import { serveTimer } from '../shared/serve.ts'

serveTimer({ name: 'index-rows', schedule: '40 * * * * *', job: 'index' })
