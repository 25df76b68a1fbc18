import { app } from '@azure/functions'
import { enterBackend } from './backend/catalogue.ts'
import type { Backend } from './backend/define.ts'
import { guard } from './http/guard.ts'
import type { AnswerRoute } from './http/running-app.ts'

/**
 * Registers triggers, nothing more: it reads no setting and builds no edge, so that documentation, contract tests and
 * OpenAPI can import every declaration. The app behind the routes is loaded at the first request.
 */
export function serve(backend: Backend): Backend {
  enterBackend(backend)
  app.http(backend.name, {
    methods: ['POST'],
    authLevel: 'anonymous',
    route: `api/${backend.name}/{operation}`,
    handler: guard('call', backend.name),
  })
  return backend
}

app.hook.appTerminate(async () => {
  const { stop } = await import('./app.ts')
  await stop()
})

/** One route that is no backend's. `answer` names a member of the app's routes. */
export interface Route {
  readonly name: string
  readonly methods: ('GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE')[]
  readonly route: string
  readonly answer: AnswerRoute
}

export function serveRoute({ name, methods, route, answer }: Route): void {
  app.http(name, { methods, authLevel: 'anonymous', route, handler: guard(answer) })
}
