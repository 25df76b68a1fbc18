import type { Obligation } from '../../shared/policy/decision.ts'
import { type LineCase, problem, refusedByPolicy, refusedEarly, surprise, whole } from './line-case.ts'
import { performed, unbooked } from './line-cases-late.ts'
import { alice, inboundFor } from './line-world.ts'

const demand = (obligation: Obligation) => ({ decide: () => ({ obligations: [obligation] }) })

const statement = inboundFor('runText', { sql: 'x' })
const app = { ...alice, kind: 'app' } as const
const person = { ...alice, groups: null }

const beforeAnything: readonly LineCase[] = [
  {
    name: 'a token that fails is answered and never chained',
    faults: { verify: problem('token_invalid') },
    used: ['verify'],
    status: 401,
    code: 'token_invalid',
    verdict: null,
    fate: null,
  },
  {
    name: 'keys that were never fetched are answered and never chained',
    faults: { verify: problem('keys_unavailable') },
    used: ['verify'],
    status: 503,
    code: 'keys_unavailable',
    verdict: null,
    fate: null,
  },
  {
    name: 'a surprise in verification ends everything',
    faults: { verify: surprise },
    used: ['verify'],
    status: 500,
    code: 'thrown',
    verdict: null,
    fate: null,
  },
]

const early: readonly Omit<LineCase, 'used' | 'verdict' | 'fate'>[] = [
  {
    name: 'an application alone',
    faults: { verify: () => app },
    status: 403,
    code: 'app_only_not_allowed',
  },
  { name: 'an unknown operation', inbound: inboundFor('nothing'), status: 404, code: 'operation_unknown' },
  {
    name: 'an inherited name as operation',
    inbound: inboundFor('constructor'),
    status: 404,
    code: 'operation_unknown',
  },
  {
    name: 'an unknown backend',
    inbound: inboundFor('getItem', {}, { backend: 'nowhere' }),
    status: 404,
    code: 'backend_not_configured',
  },
  {
    name: 'another method than POST',
    inbound: inboundFor('getItem', {}, { method: 'GET' }),
    status: 404,
    code: 'operation_unknown',
  },
  { name: 'bad input', inbound: inboundFor('getItem', { id: 7 }), status: 400, code: 'input_invalid' },
  {
    name: 'a media type that nobody reads',
    inbound: inboundFor('getItem', {}, { headers: { 'content-type': 'text/plain' } }),
    status: 415,
    code: 'media_type_unsupported',
  },
  {
    name: 'a body that is too large',
    inbound: inboundFor('getItem', {}, { body: Buffer.alloc(1024 * 1024 + 1, ' ') }),
    status: 413,
    code: 'input_too_large',
  },
  { name: 'a schema that cannot be built', inbound: inboundFor('brokenSchema'), status: 500, code: 'internal' },
]

const judged: readonly LineCase[] = [
  {
    name: 'a parser that is away is a recorded refusal',
    inbound: statement,
    faults: { understand: problem('policy_unavailable') },
    used: ['verify', 'understand', 'refused', 'outcome'],
    status: 503,
    code: 'policy_unavailable',
    verdict: 'deny',
    fate: ['not-called', 'policy_unavailable'],
  },
  {
    name: 'a surprise in the parser is a recorded refusal',
    inbound: statement,
    faults: { understand: surprise },
    used: ['verify', 'understand', 'refused', 'outcome'],
    status: 500,
    code: 'internal',
    verdict: 'deny',
    fate: ['not-called', 'internal'],
  },
  {
    name: 'groups that cannot be asked for are a recorded refusal',
    faults: { verify: () => person, groups: problem('policy_unavailable') },
    used: ['verify', 'groups', 'refused', 'outcome'],
    status: 503,
    code: 'policy_unavailable',
    verdict: 'deny',
    fate: ['not-called', 'policy_unavailable'],
  },
  {
    name: 'a policy that is away is a recorded refusal',
    faults: { decide: problem('policy_unavailable') },
    used: refusedByPolicy,
    status: 503,
    code: 'policy_unavailable',
    verdict: 'deny',
    fate: ['not-called', 'policy_unavailable'],
  },
  {
    name: 'a surprise in policy is a recorded refusal',
    faults: { decide: surprise },
    used: refusedByPolicy,
    status: 500,
    code: 'internal',
    verdict: 'deny',
    fate: ['not-called', 'internal'],
  },
  {
    name: 'a denial takes the same line',
    faults: { decide: () => ({ verdict: 'deny', reasons: ['not_permitted'] }) },
    used: refusedByPolicy,
    status: 403,
    code: 'policy_denied',
    verdict: 'deny',
    fate: ['not-called', 'policy_denied'],
  },
  {
    name: 'a used-up quota takes the same line',
    options: { perMinute: 0 },
    used: refusedByPolicy,
    status: 429,
    code: 'quota_exceeded',
    verdict: 'deny',
    fate: ['not-called', 'quota_exceeded'],
  },
  {
    name: 'a call that waits for a second person takes the same line',
    faults: demand({ kind: 'approval', rule: 'four-eyes', group: 'approvers', count: 1 }),
    used: refusedByPolicy,
    status: 403,
    code: 'approval_pending',
    verdict: 'pending',
    fate: ['not-called', 'approval_pending'],
  },
  {
    name: 'a step-up that is not met takes the same line',
    faults: demand({ kind: 'step_up', context: 'c1' }),
    used: refusedByPolicy,
    status: 401,
    code: 'claims_challenge',
    verdict: 'deny',
    fate: ['not-called', 'claims_challenge'],
  },
]

/** Every stage failing, by Problem and by surprise. */
export const lineCases: readonly LineCase[] = [
  { name: 'a call that passes', used: whole, status: 200, code: 'ok', verdict: 'permit', fate: ['called', 'ok'] },
  ...beforeAnything,
  ...early.map((each) => ({
    ...each,
    used: refusedEarly,
    verdict: 'deny' as const,
    fate: ['not-called', each.code] as const,
  })),
  ...judged,
  ...performed,
  ...unbooked,
]
