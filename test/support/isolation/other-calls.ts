/** Calls by the Model Context Protocol, with tokens that are none, and with challenges in between. */
import type { Answer } from './client.ts'
import type { Plan } from './data-calls.ts'
import { expectCode, type Field, type Planned, post, signedIn, signIn } from './field.ts'
import { alice, bob, carol, everyone, heidi, type Identity, mallory } from './people.ts'
import type { Chance } from './random.ts'

/** Every client numbers its requests alike: an answer that went astray would fit. */
const message = (name: string, inputs: object) => ({
  ...{ jsonrpc: '2.0', id: 1, method: 'tools/call' },
  params: { name, arguments: inputs },
})

const toolWho: Plan = (field, chance) => {
  const identity = chance.pick(everyone)
  const credential = signedIn(field, chance, { identity })
  const call = post('/mcp', credential, message('rest_entra_api__whoami', {}))
  const check = (answer: Answer) => {
    const { oid, tid } = answer.body?.result?.structuredContent?.data ?? {}
    return oid === identity.oid && tid === identity.tid
      ? undefined
      : `not ${identity.name}: ${answer.text.slice(0, 300)}`
  }
  return { op: 'toolWho', identity, credential, call, governed: true, check }
}

const toolQuery: Plan = (field, chance) => {
  const identity = chance.pick([alice, bob, carol, heidi])
  const credential = signedIn(field, chance, { identity })
  const inputs = { sql: 'SELECT session_user' }
  const call = post('/mcp', credential, message('azure_postgresql__execute_query', inputs))
  const check = (answer: Answer) => {
    const found = answer.body?.result?.structuredContent?.data?.rows?.[0]?.[0]
    return found === identity.username ? undefined : `not ${identity.name}: ${answer.text.slice(0, 300)}`
  }
  return { op: 'toolQuery', identity, credential, call, governed: true, check }
}

/** Tokens that nobody was given: over, altered, or one person's words under another's signature. */
const badToken: Plan = (field, chance) => {
  const identity = chance.pick(everyone)
  const token = chance.pick(forgeries)(field, { chance, identity })
  const call = post('/api/rest-entra-api/whoami', { token, uti: '', azp: '' }, {})
  const check = (answer: Answer) => expectCode(answer, '401 token_invalid')
  return { op: 'badToken', identity, credential: null, call, governed: false, check }
}

type Forgery = (field: Field, given: { chance: Chance; identity: Identity }) => string

const partsOf = (field: Field, { chance, identity }: Parameters<Forgery>[1]) =>
  signedIn(field, chance, { identity }).token.split('.')

const forgeries: readonly Forgery[] = [
  ({ world }, { identity }) => {
    const past = Math.floor(Date.now() / 1000) - 7200
    return world.mint(identity, { iat: past, nbf: past, exp: past + 3600 }).token
  },
  (field, given) => {
    const [head = '', claims = '', signature = ''] = partsOf(field, given)
    return [head, claims, `${signature.slice(0, 40)}AAAA${signature.slice(44)}`].join('.')
  },
  (field, given) => {
    const [head = '', , signature = ''] = partsOf(field, given)
    const other = given.chance.pick(everyone.filter((one) => one !== given.identity))
    const [, claims = ''] = partsOf(field, { ...given, identity: other })
    return [head, claims, signature].join('.')
  },
]

/** Authentication contexts that the sign-in service asks these two for, and nobody else. */
const contextsOf: readonly (readonly [Identity, number])[] = [
  [bob, 10],
  [mallory, 50],
]
const contexts = 40

/** Plants a challenge for that person's next exchange, which a new token makes happen. */
const challenged: Plan = (field, chance) => {
  const [identity, first] = chance.pick(contextsOf)
  void field.world.challenge(identity, `c${first + chance.below(contexts)}`)
  const credential = signIn(field, identity, 'plain')
  const call = post('/api/rest-entra-api/whoami', credential, {})
  const check = (answer: Answer) => {
    const { oid, tid } = answer.body?.data ?? {}
    return expectCode(answer, '200') ?? (oid === identity.oid && tid === identity.tid ? undefined : 'somebody else')
  }
  return { op: 'challenged', identity, credential, call, governed: true, check }
}

/** The step-up that policy asks for before a deletion. */
const stepUp: Plan = (field, chance) => {
  const identity = chance.pick([alice, bob])
  const credential = signedIn(field, chance, { identity })
  const inputs = { sql: 'DELETE FROM sales.orders WHERE id = 0' }
  const call = post('/api/azure-postgresql/executeDestructive', credential, inputs)
  const check = (answer: Answer) => expectCode(answer, '401 claims_challenge', '403 access_denied')
  return { op: 'stepUp', identity, credential, call, governed: true, check }
}

/** What a challenge of the sign-in service asks for, where the answer is one: whose it is to answer. */
export interface Asked {
  readonly isOwn: boolean
  readonly context: string
}

/** Null where the answer is no such challenge; policy's own one (c1) is the call's to judge. */
export function challengeIn({ identity }: Planned, answer: Answer): Asked | null {
  const body = answer.body?.result?.structuredContent ?? answer.body
  if (body?.code !== 'claims_challenge' || typeof body.claims !== 'string') return null
  const asked = JSON.parse(Buffer.from(body.claims, 'base64').toString()).access_token?.acrs
  const context = String(asked?.value ?? asked?.values?.[0])
  return context === 'c1' ? null : { context, isOwn: isContextOf(identity, context) }
}

function isContextOf(identity: Identity, context: string): boolean {
  const first = contextsOf.find(([one]) => one === identity)?.[1] ?? Number.NaN
  const number = Number(context.slice(1))
  return number >= first && number < first + contexts
}

/** Who is asked twice for the same context, and came back without it, is refused: chance may have it so. */
export function isSecondChallenge({ identity }: Planned, answer: Answer): boolean {
  const body = answer.body?.result?.structuredContent ?? answer.body
  return body?.code === 'access_denied' && contextsOf.some(([one]) => one === identity)
}

export const otherPlans: readonly (readonly [weight: number, plan: Plan])[] = [
  [4, toolWho],
  [4, toolQuery],
  [3, badToken],
  [1, challenged],
  [1, stepUp],
]
