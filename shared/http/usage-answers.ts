import type { Answer, Inbound } from '../pipeline/ports.ts'
import type { ControlParts } from './control-person.ts'
import { answerActivity, answerNotMe } from './me-activity.ts'
import { answerSwitch } from './me-switch.ts'
import type { UsageRoute } from './running-app.ts'
import { answerLift, answerSuspend, answerSuspensions } from './suspension-answers.ts'
import { answerUsage } from './usage-report-answer.ts'

/** The answers of `/api/suspensions`, `/api/usage` and `/api/me`: at the console only. */
export function createUsageAnswers(
  parts: ControlParts,
): Readonly<Record<UsageRoute, (inbound: Inbound) => Promise<Answer>>> {
  return {
    suspensions: (inbound) => answerSuspensions(inbound, parts),
    suspend: (inbound) => answerSuspend(inbound, parts),
    liftSuspension: (inbound) => answerLift(inbound, parts),
    usage: (inbound) => answerUsage(inbound, parts),
    myActivity: (inbound) => answerActivity(inbound, parts),
    notMe: (inbound) => answerNotMe(inbound, parts),
    switchAgent: (inbound) => answerSwitch(inbound, parts),
  }
}
