import { serveTasks } from '../shared/serve.ts'

serveTasks({ name: 'verify-segment', job: 'segment' })
