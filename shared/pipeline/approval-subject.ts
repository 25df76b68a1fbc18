import { type ApprovalSubject, digestApproval } from '../approval/digest.ts'
import { type ApprovalDemand, describeCalls, grantOf } from '../approval/grant-shape.ts'
import type { ApprovalNeed, GrantTerms } from '../approval/terms.ts'
import { canonicalInputs } from '../backend/canonical-inputs.ts'
import type { Deployment, Ports } from './line.ts'
import type { Decided, Reserved } from './stages.ts'

/** What a call asks of others: whose votes, for what. */
export interface Asked {
  readonly subject: ApprovalSubject
  readonly needs: readonly ApprovalNeed[]
  readonly grant: GrantTerms | null
  readonly digest: string
}

/** What the demands of a decision ask for; `contentOf` says which version of what the call refers to is meant. */
export async function describeAsked(
  stage: Reserved,
  demands: readonly ApprovalDemand[],
  { ports, deployment }: { readonly ports: Ports; readonly deployment: Deployment },
): Promise<Asked> {
  const grant = grantOf(demands)
  const content = (await ports.contentOf?.(stage)) ?? ''
  const scope = grant === null ? 'call' : 'grant'
  const subject: ApprovalSubject = { ...subjectOf(stage, deployment), ...inputsOf(stage, scope), content, scope }
  const needs = demands.map(({ rule, group, count, escalate }) => ({
    ...{ rule, group, count },
    ...(escalate === undefined ? {} : { escalate }),
  }))
  return { subject, needs, grant, digest: digestApproval(subject) }
}

function inputsOf(
  { invocation, understood }: Reserved,
  scope: ApprovalSubject['scope'],
): Pick<ApprovalSubject, 'inputs'> {
  return { inputs: scope === 'call' ? canonicalInputs(invocation.inputs) : describeCalls(invocation, understood) }
}

function subjectOf(stage: Decided, deployment: Deployment): Omit<ApprovalSubject, 'inputs' | 'content' | 'scope'> {
  const { principal, invocation, understood, decision } = stage
  const name = invocation.backend.name
  return {
    tid: principal.tid,
    oid: principal.oid,
    actor: principal.actor,
    backend: name,
    operation: invocation.operationName,
    statement: understood.statement?.text ?? '',
    digests: {
      policy: decision.policyDigest,
      schema: decision.schemaDigest,
      declaration: deployment.declarationDigests.get(name) ?? '',
      classification: deployment.classificationDigests.get(name) ?? '',
      target: deployment.targetDigests.get(name) ?? '',
    },
    obligations: decision.obligations.map((each) => JSON.stringify(each)).sort(),
  }
}
