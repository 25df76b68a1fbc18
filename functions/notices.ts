import { serveNoticeTasks, serveNoticeTimer } from '../shared/serve.ts'

serveNoticeTimer({ name: 'hand-out-notices', schedule: '*/15 * * * * *' })
serveNoticeTasks({ name: 'send-notice' })
