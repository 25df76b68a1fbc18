import type { RowDocument } from '../audit/record.ts'
import type { Decision, PolicyRequest } from './decision.ts'
import { isReasonCode } from './reasons.ts'
import { policyRequestSchema } from './request.ts'

type Intent = NonNullable<RowDocument['intent']>

/**
 * What policy looked at, rebuilt from the intent of a row; null where the row does not hold it all: the call was refused
 * before policy was asked, or an object's name was kept out of the book.
 */
export function requestFromRow({
  principal,
  effect,
  backend,
  operation,
  reads,
  writes,
  context,
}: Intent): PolicyRequest | null {
  if ([...reads, ...writes].includes('(quoted)')) return null
  const { kind, tid, oid, azp: actor, acrs: authContexts } = principal
  const {
    guest,
    publicClient,
    groups,
    roles,
    declaredEffect,
    runsAs,
    labels,
    carried,
    egress,
    shadow: _,
    ...rest
  } = context
  const parsed = policyRequestSchema().safeParse({
    principal: { kind, tid, oid, actor, guest, publicClient, groups, roles, authContexts },
    action: effect,
    resource: { backend, operation, declaredEffect, runsAs, reads, writes, labels, carried, egress },
    context: rest,
  })
  return parsed.success ? (parsed.data as PolicyRequest) : null
}

/** What policy said, as the row has it. What was refused for another reason afterwards was permitted by policy. */
export function decisionFromRow({ verdict, reasons, rules, obligations, digests }: Intent): Recorded {
  const isDenied = verdict === 'deny' && reasons.length > 0 && reasons.every(isReasonCode)
  return {
    verdict: isDenied ? 'deny' : 'permit',
    rules,
    obligations,
    policyDigest: digests.policy,
    schemaDigest: digests.schema,
  }
}

/** A decision without what no row holds. */
export type Recorded = Pick<Decision, 'verdict' | 'rules' | 'obligations' | 'policyDigest' | 'schemaDigest'>
