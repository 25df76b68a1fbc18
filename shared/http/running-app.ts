import type { Answer, Inbound } from '../pipeline/ports.ts'
import type { Identification } from '../pipeline/respond.ts'

/** What a route can be answered by. */
export type AnswerRoute =
  | 'call'
  | 'explain'
  | 'fallback'
  | 'health'
  | 'mcp'
  | 'openapi'
  | 'operations'
  | 'problemPage'
  | 'protectedResource'

/** The running app, as routes see it. */
export interface RunningApp {
  readonly answers: Readonly<Record<AnswerRoute, (inbound: Inbound) => Promise<Answer>>>
  readonly identification: Identification
  /** For failures that are nobody's answer: the event and a class of error, never a value. */
  readonly logFailure: (event: string, error: unknown) => void
}
