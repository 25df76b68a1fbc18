/** What the calls of a run share: who holds which token, who asked what, what may be seen by whom. */
import type { Answer, Outgoing } from './client.ts'
import { agent, consoleApp, everyone, type Identity } from './people.ts'
import type { Chance } from './random.ts'
import type { IsolationWorld } from './world.ts'

export interface Credential {
  readonly token: string
  readonly uti: string
  readonly azp: string
}

/** An ordinary sign-in, a strong one, one at the console, or one with too many groups to list. */
export type SignIn = 'plain' | 'strong' | 'console' | 'overage'

/** One call before it is sent. `check` says what is wrong with its answer, if anything is. */
export interface Planned {
  readonly op: string
  readonly identity: Identity
  /** Null where the token is none that anybody was given. */
  readonly credential: Credential | null
  readonly call: Outgoing
  /** Takes the line, so that it has to be in the book. */
  readonly governed: boolean
  /** Others whom the answer may name. */
  readonly mayName?: readonly Identity[]
  readonly check: (answer: Answer) => string | undefined
}

/** A call that was sent, by its trace id. */
export interface Sent {
  readonly op: string
  readonly identity: Identity
  readonly uti: string
  readonly azp: string
  readonly governed: boolean
  answered: boolean
  decisionId?: string
}

export interface KnownApproval {
  readonly owner: Identity
  readonly number: number
  digest?: string
}

export interface Field {
  readonly world: IsolationWorld
  readonly credentials: Map<string, Credential>
  /** Token id → whose it is. */
  readonly tokens: Map<string, Identity>
  readonly sent: Map<string, Sent>
  readonly approvals: Map<string, KnownApproval>
  readonly orders: Map<string, { readonly owner: Identity; readonly note: string }>
  /** `identity|key` → the order that was made under that Idempotency-Key. */
  readonly keyed: Map<string, string>
  /** Region of every order in the database. */
  readonly regions: ReadonlyMap<number, string>
  /** What each person finds in the catalogue. */
  readonly catalogues: Map<string, string>
  readonly tally: Map<string, number>
  readonly findings: string[]
  counter: number
}

export function openField(world: IsolationWorld, regions: ReadonlyMap<number, string>): Field {
  return {
    ...{ world, regions, counter: 0, findings: [] },
    ...{ credentials: new Map(), tokens: new Map(), sent: new Map(), approvals: new Map(), orders: new Map() },
    ...{ keyed: new Map(), catalogues: new Map(), tally: new Map() },
  }
}

export function nextNumber(field: Field): number {
  field.counter += 1
  return field.counter
}

/** One in so many uses signs in anew. */
const freshShare = 0.01

/** A token of that person: mostly the one that is in use, now and then another. */
export function signedIn(field: Field, chance: Chance, wish: { identity: Identity; as?: SignIn }): Credential {
  const { identity, as = 'plain' } = wish
  const held = field.credentials.get(`${identity.name}|${as}`)
  return held !== undefined && !chance.happens(freshShare) ? held : signIn(field, identity, as)
}

const claimsOf = {
  plain: {},
  strong: { acrs: ['c1'] },
  console: { control: true },
  overage: { overage: true },
} as const

/** A new sign-in, which is in use from now on; a list of contexts is a plain one that has met them. */
export function signIn(field: Field, identity: Identity, wish: SignIn | readonly string[]): Credential {
  const [as, claimed] = typeof wish === 'string' ? [wish, claimsOf[wish]] : (['plain', { acrs: wish }] as const)
  const { token, claims } = field.world.mint(identity, claimed)
  const credential = { token, uti: String(claims.uti), azp: as === 'console' ? consoleApp : agent }
  field.tokens.set(credential.uti, identity)
  field.credentials.set(`${identity.name}|${as}`, credential)
  return credential
}

/** What a person writes into everything that is theirs. */
export const markOf = ({ name }: Identity): string => `mark-${name}.`

/** A POST of JSON under a token. */
export function post(path: string, credential: Credential | null, body: unknown): Outgoing {
  return { method: 'POST', path, headers: headersOf(credential), body: JSON.stringify(body) }
}

export function get(path: string, credential: Credential): Outgoing {
  return { method: 'GET', path, headers: headersOf(credential), body: '' }
}

function headersOf(credential: Credential | null): Record<string, string> {
  const accept = { accept: 'application/json, text/event-stream', 'content-type': 'application/json' }
  return credential === null ? accept : { ...accept, authorization: `Bearer ${credential.token}` }
}

/** Complains unless the answer has one of these: a status, and a code where it is a problem. */
export function expectCode(answer: Answer, ...allowed: readonly string[]): string | undefined {
  const got = codeOf(answer)
  return allowed.includes(got) ? undefined : `${got} instead of ${allowed.join(' or ')}: ${answer.text.slice(0, 300)}`
}

/** Status and code; a tool's problem counts as the problem that it is. */
export function codeOf({ status, body }: Answer): string {
  const inner = body?.result?.structuredContent
  const problem = inner?.code === undefined ? { status, code: body?.code } : inner
  return problem.status === 200 ? '200' : `${problem.status} ${problem.code ?? '?'}`
}

/** Answers that only say that something was not to be had in time, which a busy machine may make honest. */
export const busy = /(503 (policy|audit|exchange|keys)_unavailable|502 backend_failed|504 backend_timeout)$/

/** Names in an answer that are somebody else's: object ids, sign-in names, the other tenant, what others have written. */
export function namesOfOthers({ identity, mayName = [] }: Planned, { text }: Answer): readonly string[] {
  const own = [identity, ...mayName]
  const theirs = (read: (one: Identity) => string) => {
    const known = own.map(read)
    return everyone.map(read).filter((value) => !known.includes(value))
  }
  const others = [theirs((one) => one.oid), theirs((one) => one.username), theirs((one) => one.tid), theirs(markOf)]
  return [...new Set(others.flat())].filter((value) => text.includes(value))
}
