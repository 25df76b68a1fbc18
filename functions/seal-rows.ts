import { serveTimer } from '../shared/serve.ts'

serveTimer({ name: 'seal-rows', schedule: (settings) => settings.COUNTERSIGN_SEAL_SCHEDULE, job: 'seal' })
