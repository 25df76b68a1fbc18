import type { NoticeJobs } from '../notice/jobs.ts'
import type { Answer, Inbound } from '../pipeline/ports.ts'
import type { Refusal } from './refusal.ts'

const answerRoutes = [
  'approval',
  'approvals',
  'auditHead',
  'auditRecords',
  'auditReport',
  'auditReports',
  'auditStream',
  'breakGlass',
  'call',
  'cancelApproval',
  'console',
  'decideApproval',
  'delegate',
  'delegations',
  'disposeFinding',
  'endGlass',
  'endDelegation',
  'explain',
  'fallback',
  'health',
  'liftSuspension',
  'listGlass',
  'mcp',
  'myActivity',
  'notMe',
  'openai',
  'openapi',
  'operations',
  'policies',
  'problemPage',
  'protectedResource',
  'reviewGlass',
  'reviewReport',
  'recording',
  'revokeApproval',
  'suspend',
  'suspensions',
  'switchAgent',
  'usage',
  'verifyBook',
] as const

/** What a route can be answered by. */
export type AnswerRoute = (typeof answerRoutes)[number]

/** Routes of auditors (audit-answers.ts). */
export type AuditRoute =
  | 'auditHead'
  | 'auditRecords'
  | 'auditReport'
  | 'auditReports'
  | 'auditStream'
  | 'disposeFinding'
  | 'reviewReport'
  | 'verifyBook'

/** Routes of operators, and of people about themselves (usage-answers.ts). */
export type UsageRoute = 'liftSuspension' | 'myActivity' | 'notMe' | 'suspend' | 'suspensions' | 'switchAgent' | 'usage'

type Answers = Readonly<Record<AnswerRoute, (inbound: Inbound) => Promise<Answer>>>

/** The running app, as routes see it. */
export interface RunningApp {
  readonly answers: Answers
  readonly noticeJobs: NoticeJobs
  /** The answer to whatever an answer threw. */
  readonly refuse: Refusal
}

/** An app that could not be built: every route fails with what kept it from being built. */
export function createOutage(error: unknown, refuse: Refusal): RunningApp {
  const fail = async () => {
    throw error
  }
  const answers = Object.fromEntries(answerRoutes.map((route) => [route, fail])) as unknown as Answers
  return { answers, noticeJobs: { handOut: fail, deliver: fail }, refuse }
}
