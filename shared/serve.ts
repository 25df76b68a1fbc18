import { app, output } from '@azure/functions'
import { enterBackend } from './backend/catalogue.ts'
import type { Backend } from './backend/define.ts'
import type { Settings } from './config/settings.ts'
import type { JobName } from './evidence-job.ts'
import { guard } from './http/guard.ts'
import { watchClients } from './http/left-clients.ts'
import type { AnswerRoute } from './http/running-app.ts'

type AppName = Settings['COUNTERSIGN_APP']

const waiting: { readonly of: AppName; readonly register: (settings: Settings) => void }[] = []

/** The queue of the nightly walk, one message a segment. */
const taskQueue = 'verify-segments'

/**
 * Enters a backend; its trigger is registered by `registerFunctions`. Nothing more: it reads no setting and builds no
 * edge, so that documentation, contract tests and OpenAPI can import every declaration. The app behind the routes is
 * loaded at the first request.
 */
export function serve(backend: Backend): Backend {
  enterBackend(backend)
  enter('gateway', () =>
    app.http(backend.name, {
      methods: ['POST'],
      authLevel: 'anonymous',
      route: `api/${backend.name}/{operation}`,
      handler: guard('call', backend.name),
    }),
  )
  return backend
}

/** One route that is no backend's. `answer` names a member of the app's routes. */
export interface Route {
  readonly name: string
  readonly methods: ('GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE')[]
  readonly route: string
  readonly answer: AnswerRoute
}

export function serveRoute({ name, methods, route, answer }: Route): void {
  enter('gateway', () => app.http(name, { methods, authLevel: 'anonymous', route, handler: guard(answer) }))
}

/** A job of the evidence app that a clock starts; the tasks that it gives out go to the queue of segments. */
export interface Timer {
  readonly name: string
  /** NCRONTAB with seconds, or which setting says it. */
  readonly schedule: string | ((settings: Settings) => string)
  readonly job: JobName
}

export function serveTimer({ name, schedule, job }: Timer): void {
  enter('evidence', (settings) => {
    const tasks = output.storageQueue({ queueName: taskQueue, connection: 'AzureWebJobsStorage' })
    app.timer(name, {
      schedule: typeof schedule === 'string' ? schedule : schedule(settings),
      extraOutputs: [tasks],
      handler: async (_timer, context) => {
        const { messages = [] } = (await runJob(job)) ?? {}
        if (messages.length > 0) context.extraOutputs.set(tasks, messages)
      },
    })
  })
}

/** A job of the evidence app that takes one task from the queue of segments; what throws is given out again. */
export function serveTasks({ name, job }: Pick<Timer, 'name' | 'job'>): void {
  enter('evidence', () =>
    app.storageQueue(name, {
      queueName: taskQueue,
      connection: 'AzureWebJobsStorage',
      handler: async (message) => void (await runJob(job, message)),
    }),
  )
}

/** Notices that wait, a ticket each. */
const noticeQueue = 'send-notices'

/** The gateway's clock of notices; where the deployment has no channel there is none. */
export function serveNoticeTimer({ name, schedule }: { readonly name: string; readonly schedule: string }): void {
  enter('gateway', ({ COUNTERSIGN_NOTICES: channels }) => {
    if (channels.length === 0) return
    const tickets = output.storageQueue({ queueName: noticeQueue, connection: 'AzureWebJobsStorage' })
    app.timer(name, {
      schedule,
      extraOutputs: [tickets],
      handler: async (_timer, context) => {
        const given = await (await loadGateway()).noticeJobs.handOut()
        if (given.length > 0) context.extraOutputs.set(tickets, given)
      },
    })
  })
}

/** The gateway's clock for rows of state that are over. */
export function serveStateTimer({ name, schedule }: { readonly name: string; readonly schedule: string }): void {
  enter('gateway', () =>
    app.timer(name, {
      schedule,
      handler: async () => {
        const { sweepState } = await import('./app.ts')
        await sweepState()
      },
    }),
  )
}

/** The gateway's queue of notices; what is given up goes to the queue of poison, for an operator to see. */
export function serveNoticeTasks({ name }: { readonly name: string }): void {
  enter('gateway', ({ COUNTERSIGN_NOTICES: channels }) => {
    if (channels.length === 0) return
    const poison = output.storageQueue({ queueName: `${noticeQueue}-poison`, connection: 'AzureWebJobsStorage' })
    app.storageQueue(name, {
      queueName: noticeQueue,
      connection: 'AzureWebJobsStorage',
      extraOutputs: [poison],
      handler: async (message, context) => {
        const isGivenUp = await (await loadGateway()).noticeJobs.deliver(message)
        if (isGivenUp) context.extraOutputs.set(poison, message)
      },
    })
  })
}

/** Registers the functions of one of the two apps; called once, when the settings are read. */
export function registerFunctions(settings: Settings): void {
  app.hook.appTerminate(async () => {
    const { stop } = await import('./app.ts')
    await stop()
  })
  // Answers that are streams leave as they are made; without this the library holds each answer whole.
  if (settings.COUNTERSIGN_APP === 'gateway') {
    app.setup({ enableHttpStream: true })
    watchClients()
  }
  for (const { of, register } of waiting) if (of === settings.COUNTERSIGN_APP) register(settings)
}

function enter(of: AppName, register: (settings: Settings) => void): void {
  waiting.push({ of, register })
}

async function loadGateway() {
  const { runningApp } = await import('./app.ts')
  return runningApp()
}

async function runJob(job: JobName, message?: unknown) {
  const { runningEvidence } = await import('./app.ts')
  return (await runningEvidence()).jobs[job](message)
}
