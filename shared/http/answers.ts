import type { ApproverRules } from '../approval/vote.ts'
import type { Backend, Operation } from '../backend/define.ts'
import { isGenerated } from '../backend/genie-call.ts'
import { assumePerson } from '../backend/runner.ts'
import { clouds } from '../config/clouds.ts'
import type { Settings } from '../config/settings.ts'
import { Problem } from '../errors/problem.ts'
import { agentScope } from '../identity/challenge.ts'
import type { Assertion, Principal } from '../identity/principal.ts'
import type { Classification } from '../masking/classification.ts'
import { describeApi } from '../openapi/document.ts'
import { describeProblem } from '../openapi/problem-page.ts'
import { inputSchema } from '../openapi/schema.ts'
import { brakeQuestions } from '../pipeline/admit.ts'
import { handle } from '../pipeline/handle.ts'
import { describeData, groupsOf, policyRequest } from '../pipeline/judge.ts'
import type { Line, Ports } from '../pipeline/line.ts'
import type { Answer, Inbound } from '../pipeline/ports.ts'
import { answerJson, type Identification } from '../pipeline/respond.ts'
import { notAsThePerson } from '../policy/decision.ts'
import { createApprovalAnswers } from './approval-answers.ts'
import { createGlassAnswers } from './break-glass-answers.ts'
import { explain } from './explain.ts'
import { createOpenAiAnswer } from './openai.ts'
import { answerPolicies } from './policy-answer.ts'
import { answerRecording } from './recording-answer.ts'
import type { AnswerRoute, AuditRoute, UsageRoute } from './running-app.ts'

/** What the routes answer from. */
export interface AnswerParts {
  readonly settings: Settings
  readonly buildDigest: string
  /** Of each backend, the file's and the deployment's together. */
  readonly classifications: ReadonlyMap<string, Classification>
  readonly ports: Ports
  readonly identification: Identification
  readonly approvers: ApproverRules
  /** The line, once vault and table can be had; throws Problem while they cannot. */
  readonly line: () => Promise<Line>
}

type Answers = Readonly<
  Record<Exclude<AnswerRoute, 'mcp' | 'console' | AuditRoute | UsageRoute>, (inbound: Inbound) => Promise<Answer>>
>

/**
 * Every route's answer. Only `call` and `fallback` take the line; the others have no side effect on any backend. What
 * fell through the routes names no operation, however its path reads.
 */
export function createAnswers(parts: AnswerParts): Answers {
  const call = async (inbound: Inbound) => handle(inbound, await parts.line())
  return {
    call,
    ...createApprovalAnswers({ ...parts, challenge: parts.identification.challenge }),
    ...createGlassAnswers({ ...parts, challenge: parts.identification.challenge }),
    recording: (inbound) => answerRecording(inbound, parts),
    policies: (inbound) => answerPolicies(inbound, parts),
    openai: createOpenAiAnswer(parts),
    fallback: (inbound) => call({ ...inbound, operation: '' }),
    operations: async (inbound) => answerJson(200, { operations: await listOperations(inbound, parts) }),
    explain: async (inbound) => answerJson(200, await explain(inbound, parts)),
    openapi: async () => answerJson(200, describeApi([...parts.ports.configured.values()], documentSettings(parts))),
    protectedResource: async (inbound) => answerJson(200, protectedResource(inbound.operation, parts)),
    problemPage: async (inbound) => answerJson(200, problemPage(inbound.operation)),
    health: async () => {
      await parts.line()
      return answerJson(200, { status: 'ok', build: parts.buildDigest.slice(0, 12) })
    },
  }
}

function documentSettings({ settings, identification, buildDigest }: AnswerParts) {
  const authority = `https://${clouds[settings.COUNTERSIGN_CLOUD].entra}/${settings.COUNTERSIGN_HOME_TENANT}/oauth2/v2.0`
  return {
    publicUrl: identification.publicUrl,
    authorizeUrl: `${authority}/authorize`,
    tokenUrl: `${authority}/token`,
    scope: `api://${settings.COUNTERSIGN_CLIENT_ID}/${agentScope}`,
    version: buildDigest.slice(0, 12),
  }
}

/** RFC 9728. The issuers are tenant-specific, since clients compare them with the metadata that they find there. */
function protectedResource(resource: string, { settings, identification }: AnswerParts) {
  const host = clouds[settings.COUNTERSIGN_CLOUD].entra
  if (resource !== '' && resource !== 'mcp') throw new Problem('operation_unknown', 'No such resource.')
  return {
    resource: resource === '' ? identification.publicUrl : `${identification.publicUrl}/${resource}`,
    authorization_servers: settings.COUNTERSIGN_TENANTS.map((tid) => `https://${host}/${tid}/v2.0`),
    scopes_supported: [`api://${settings.COUNTERSIGN_CLIENT_ID}/${agentScope}`],
    bearer_methods_supported: ['header'],
  }
}

function problemPage(code: string) {
  const page = describeProblem(code)
  if (page === null) throw new Problem('operation_unknown', 'No problem has this code.')
  return page
}

async function listOperations(inbound: Inbound, parts: AnswerParts) {
  return listOperationsFor(await parts.ports.verify(inbound), parts)
}

/**
 * The catalogue as one verified caller gets it: whatever could be permitted, and what nobody can do, with the reason; an
 * application alone sees all, denied.
 */
export async function listOperationsFor(
  { principal, assertion }: { readonly principal: Principal; readonly assertion: Assertion },
  parts: AnswerParts,
) {
  brakeQuestions(principal, parts.ports)
  const groups = await groupsOf({ principal, assertion, decisionId: parts.ports.newId() }, parts.ports)
  const tainted = await parts.ports.taints.isTainted(principal)
  const all = [...parts.ports.configured.values()].flatMap((backend) =>
    Object.entries(backend.operations).map(([name, operation]) => ({ backend, name, operation })),
  )
  const listed = all.map((entry) => describeEntry(entry, { principal, groups, tainted }, parts))
  return listed.filter((entry) => principal.kind === 'app' || entry.decision !== 'deny' || 'unsupported' in entry)
}

interface Entry {
  readonly backend: Backend
  readonly name: string
  readonly operation: Operation
}

/**
 * Before its inputs are known a statement or a named object is none, so only a guard can deny it for certain; and what
 * runs as whoever a definition names may run as the person.
 */
function describeEntry(
  { backend, name, operation }: Entry,
  asking: { readonly principal: Principal; readonly groups: readonly string[]; readonly tainted: boolean },
  { ports }: AnswerParts,
) {
  const looked = assumePerson(operation)
  const nothing = { understood: true, reads: [], writes: [], dangers: [], statements: 0 }
  const understood = { ...nothing, effect: looked?.effect ?? operation.effect }
  const invocation = { backend, operationName: name, operation, inputs: {} }
  const { principal, tainted } = asking
  const data = { ...describeData(invocation, understood, {}), ...(looked === null ? {} : { runner: looked.runner }) }
  const judged = { principal, tainted, invocation, understood, ...data }
  const policy = ports.policy()
  const { unsupported } = operation
  const decision =
    unsupported === undefined ? policy.decide(policyRequest(judged, asking.groups, ports)) : notAsThePerson(policy)
  const isPermitted = decision.verdict === 'permit'
  const isOpen = namesLater(operation) && decision.reasons.every((reason) => reason === 'not_permitted')
  const depends = isPermitted ? looked !== null : isOpen
  return {
    backend: backend.name,
    operation: name,
    summary: operation.summary,
    ...(unsupported === undefined ? {} : { unsupported }),
    effect: operation.effect,
    decision: depends ? 'depends_on_inputs' : decision.verdict,
    reasons: depends ? [] : decision.reasons,
    obligations: decision.obligations,
    route: `/api/${backend.name}/${name}`,
    inputs: inputSchema(operation, 'draft-2020-12'),
  }
}

/** True where what it touches shows in its inputs, or in what is read because of them. */
function namesLater(operation: Operation): boolean {
  return operation.statement !== undefined || operation.object !== undefined || isGenerated(operation)
}
