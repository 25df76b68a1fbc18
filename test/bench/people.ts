// The people of the benches: as many as asked, all analysts of one tenant. Those who call have tokens that are signed;
// the others only hold a place in the caches, where nobody looks at a signature.
import { groups } from '../../infra/local/personas.ts'
import type { Assertion, Principal } from '../../shared/identity/principal.ts'
import { claimsWith, encode, ids, mint } from '../support/tokens.ts'

export const scope = 'api://c0000000-0000-4000-8000-000000000009/.default'

export interface BenchPerson {
  readonly oid: string
  readonly token: string
  readonly principal: Principal
}

const lifeSeconds = 6 * 3600
const issued = Math.floor(Date.now() / 1000) - 60

function claimsOf(oid: string): Record<string, unknown> {
  const times = { iat: issued, nbf: issued, exp: issued + lifeSeconds }
  return { ...times, oid, groups: [groups.salesEmea], xms_cc: ['cp1'], uti: `token-of-${oid}`, sub: `subject-${oid}` }
}

function unsigned(oid: string): string {
  return `${encode({ alg: 'RS256', typ: 'JWT', kid: 'current' })}.${encode(claimsWith(claimsOf(oid)))}.${'A'.repeat(342)}`
}

function principalOf(oid: string): Principal {
  return {
    kind: 'person',
    tid: ids.home,
    oid,
    actor: ids.agent,
    publicClient: false,
    guest: false,
    scopes: ['access_as_user'],
    roles: [],
    groups: [groups.salesEmea],
    authContexts: [],
    canAnswerChallenge: true,
    tokenId: `token-of-${oid}`,
    issuedAt: issued,
    expiresAt: issued + lifeSeconds,
    username: null,
  }
}

/** As many people as the largest crowd has; whoever calls out of any of the crowds has a token that holds. */
export function createPeople(crowds: readonly number[]): readonly BenchPerson[] {
  const calling = new Set(crowds.flatMap(placesOf))
  return Array.from({ length: Math.max(...crowds) }, (_, index) => {
    const oid = `b0000000-0000-4000-8000-${String(index).padStart(12, '0')}`
    const token = calling.has(index) ? mint({ claims: claimsOf(oid) }) : unsigned(oid)
    return { oid, token, principal: principalOf(oid) }
  })
}

/** Those of a crowd who call. */
export function callersOf(crowd: readonly BenchPerson[]): readonly BenchPerson[] {
  return placesOf(crowd.length).flatMap((place) => crowd[place] ?? [])
}

const callers = 64

/** At most 64, spread evenly. */
function placesOf(crowd: number): readonly number[] {
  const count = Math.min(crowd, callers)
  return Array.from({ length: count }, (_, index) => Math.floor((index * crowd) / count))
}

/** The assertion of a person, as the verifier would hand it on. */
export function assertionOf({ token }: BenchPerson): Assertion {
  return { value: token } as Assertion
}
