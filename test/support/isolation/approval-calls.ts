/** Calls around approvals: asked for by two people with the same words, decided by a third, tried by everybody else. */
import type { Answer } from './client.ts'
import type { Plan } from './data-calls.ts'
import {
  type Credential,
  expectCode,
  type Field,
  get,
  type KnownApproval,
  markOf,
  nextNumber,
  post,
  signedIn,
} from './field.ts'
import { agent, alice, bob, carol, everyone, heidi, type Identity, mallory, twin } from './people.ts'
import type { Chance } from './random.ts'

const path = '/api/azure-postgresql/executeDestructive'
const sql = 'DELETE FROM sales.orders WHERE id = $1 AND region = $2'
/** Ids of no order: what is approved deletes nothing. */
const firstNumber = 1_000_000

interface Deletion {
  readonly identity: Identity
  readonly credential: Credential
  readonly number: number
  /** Whose words it repeats. */
  readonly words: Identity
  readonly id?: string
}

function deletion({ identity, credential, number, words, id }: Deletion) {
  const call = post(path, credential, { sql, params: [firstNumber + number, markOf(words)] })
  return {
    ...{ identity, credential, governed: true, mayName: [words] },
    call: id === undefined ? call : { ...call, headers: { ...call.headers, 'approval-id': id } },
  } as const
}

/** A deletion that waits for a second person; now and then one that was asked for before. */
const request: Plan = (field, chance) => {
  const identity = chance.pick([alice, bob])
  const own = [...field.approvals.values()].filter(({ owner }) => owner === identity)
  const number = own.length > 0 && chance.happens(0.3) ? chance.pick(own).number : nextNumber(field)
  const credential = signedIn(field, chance, { identity, as: 'strong' })
  const check = (answer: Answer) => {
    const id = answer.body?.approval?.id as string | undefined
    if (id !== undefined) {
      const known = field.approvals.get(id) ?? { owner: identity, number }
      field.approvals.set(id, known)
      if (known.owner !== identity || known.number !== number) return `the approval ${id} is ${known.owner.name}'s`
    }
    // An approved one is used by its repetition; bob's role may not delete, which the database says.
    return expectCode(answer, ...outcomes(identity), '403 approval_pending')
  }
  return { op: 'request', ...deletion({ identity, credential, number, words: identity }), check }
}

function outcomes(identity: Identity): readonly string[] {
  const over = ['403 approval_used', '403 approval_rejected', '403 approval_expired']
  return [...over, identity === bob ? '403 backend_rejected' : '200']
}

/** Somebody else's deletion, word for word, with that person's approval or without naming it. */
const imitate: Plan = (field, chance) => {
  const [id, known] = pickApproval(field, chance)
  const identity = chance.pick([alice, bob, twin, mallory].filter((one) => one !== known.owner))
  const credential = signedIn(field, chance, { identity, as: 'strong' })
  const named = chance.happens(0.4)
  const tried = { identity, credential, number: known.number, words: known.owner, ...(named ? { id } : {}) }
  const check = (answer: Answer) => {
    if (answer.body?.approval?.id === id) return `it was given ${known.owner.name}'s approval`
    if (named) return expectCode(answer, '403 approval_mismatch')
    return identity.home ? rememberOwn(field, answer, tried) : expectCode(answer, '403 no_eligible_approver')
  }
  return { op: 'imitate', ...deletion(tried), check }
}

/** Alice and Bob may ask for the same words in their own right: with an approval of their own. */
function rememberOwn(field: Field, answer: Answer, { identity, number, words }: Deletion): string | undefined {
  const id = String(answer.body?.approval?.id)
  const known = field.approvals.get(id)
  if (known !== undefined && known.owner !== identity) return `the approval ${id} is ${known.owner.name}'s`
  const imitation = { owner: identity, number, words }
  if (known === undefined && answer.status === 403 && id.startsWith('apr_')) field.approvals.set(id, imitation)
  return expectCode(answer, ...outcomes(identity), '403 approval_pending')
}

/** Uses what may have been approved, by its id. */
const use: Plan = (field, chance) => {
  const [id, known] = pickApproval(field, chance)
  const identity = known.owner
  const credential = signedIn(field, chance, { identity, as: 'strong' })
  const words = wordsOf(known)
  const allowed = known === none[1] ? ['403 approval_mismatch'] : [...outcomes(identity), '403 approval_pending']
  const check = (answer: Answer) => expectCode(answer, ...allowed)
  return { op: 'use', ...deletion({ identity, credential, number: known.number, words, id }), check }
}

const wordsOf = (known: KnownApproval): Identity => (known as { words?: Identity }).words ?? known.owner

const none = ['apr_00000000000000000000000000000000', { owner: alice, number: 0 }] as const

function pickApproval(field: Field, chance: Chance): readonly [string, KnownApproval] {
  const all = [...field.approvals]
  return all.length === 0 ? none : chance.pick(all.slice(-60))
}

interface Summary {
  readonly id: string
  readonly digest: string
  readonly requester: { readonly tid: string; readonly oid: string; readonly actor: string }
}

const list: Plan = (field, chance) => {
  const { identity, as } = chance.pick(viewers)
  const credential = signedIn(field, chance, { identity, as })
  const check = (answer: Answer) => {
    const all = (answer.body?.approvals ?? []) as readonly Summary[]
    for (const { id, digest } of all) rememberDigest(field, id, digest)
    const strange = all.find((one) => !mayBeSeen(one, identity, as))
    return expectCode(answer, '200') ?? (strange && `the request of ${JSON.stringify(strange.requester)}`)
  }
  return { op: 'list', identity, ...reading('/api/approvals', credential), mayName: seenBy(identity, as), check }
}

const viewers = everyone.flatMap((identity) => [
  { identity, as: 'plain' as const },
  { identity, as: 'console' as const },
])

/** A person sees their own, the approver at the console those of the home tenant. */
function mayBeSeen({ requester }: Summary, identity: Identity, as: 'plain' | 'console'): boolean {
  const { tid, oid, actor } = requester
  if (tid === identity.tid && oid === identity.oid) return as === 'console' || actor === agent
  return identity === carol && as === 'console' && tid === carol.tid
}

function seenBy(identity: Identity, as: 'plain' | 'console'): readonly Identity[] {
  return identity === carol && as === 'console' ? [alice, bob] : []
}

function reading(target: string, credential: Credential) {
  return { credential, call: get(target, credential), governed: false } as const
}

function rememberDigest(field: Field, id: string, digest: string): void {
  const known = field.approvals.get(id)
  if (known !== undefined) known.digest = digest
}

const detail: Plan = (field, chance) => {
  const [id, known] = pickApproval(field, chance)
  const { identity, as } = chance.pick(viewers)
  const credential = signedIn(field, chance, { identity, as })
  const wait = chance.happens(0.3) ? '?wait=1' : ''
  const isVisible = known !== none[1] && (identity === known.owner || (identity === carol && as === 'console'))
  const check = (answer: Answer) => {
    if (!isVisible) return expectCode(answer, '404 operation_unknown')
    const isThis = answer.body?.id === id && answer.body.inputs.params[1] === markOf(wordsOf(known))
    if (isThis) rememberDigest(field, id, answer.body.digest)
    const isOwners = answer.body?.requester?.oid === known.owner.oid && answer.body.requester.tid === known.owner.tid
    return expectCode(answer, '200') ?? (isThis && isOwners ? undefined : `another request than ${id}`)
  }
  const mayName = isVisible ? [known.owner, wordsOf(known), carol] : []
  return { op: 'detail', identity, ...reading(`/api/approvals/${id}${wait}`, credential), mayName, check }
}

const decided = ['403 policy_denied', '403 approval_rejected', '403 approval_expired', '403 approval_used']

const vote: Plan = (field, chance) => {
  const [id, known] = pickApproval(field, chance)
  const identity = chance.happens(0.5) ? carol : chance.pick([known.owner, bob, heidi, twin, mallory])
  const as = chance.happens(0.9) ? 'console' : 'plain'
  const credential = signedIn(field, chance, { identity, as })
  const isGuessed = known.digest === undefined
  const digest = known.digest ?? '0'.repeat(64)
  const decision = chance.pick(['approve', 'approve', 'reject'])
  const body = { decision, digest, justification: `${markOf(identity)} says so` }
  const call = post(`/api/approvals/${id}/decision`, credential, body)
  const check = (answer: Answer) => {
    if (as === 'plain') return expectCode(answer, '403 human_required')
    if (known === none[1] || (identity !== carol && identity !== known.owner))
      return expectCode(answer, '404 operation_unknown')
    if (identity !== carol) return expectCode(answer, '403 policy_denied')
    return expectCode(answer, '200', ...decided, ...(isGuessed ? ['403 approval_mismatch'] : []))
  }
  const mayName = [known.owner, wordsOf(known)]
  return { op: 'vote', identity, credential, call, governed: false, mayName, check }
}

const cancel: Plan = (field, chance) => {
  const [id, known] = pickApproval(field, chance)
  const identity = chance.happens(0.3) ? known.owner : chance.pick([bob, heidi, twin, mallory])
  const credential = signedIn(field, chance, { identity })
  const call = post(`/api/approvals/${id}/cancel`, credential, {})
  const check = (answer: Answer) => {
    const isOwner = known !== none[1] && identity === known.owner
    return isOwner ? expectCode(answer, '200', ...decided) : expectCode(answer, '404 operation_unknown')
  }
  const mayName = identity === known.owner ? [carol, wordsOf(known)] : []
  return { op: 'cancel', identity, credential, call, governed: false, mayName, check }
}

export const approvalPlans: readonly (readonly [weight: number, plan: Plan])[] = [
  [2, request],
  [3, imitate],
  [3, use],
  [2, list],
  [5, detail],
  [3, vote],
  [1, cancel],
]
