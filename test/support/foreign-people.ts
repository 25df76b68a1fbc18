/**
 * Stands in for Entra as the foreign systems know it: tokens signed by one key that they trust. Unlike Entra it signs
 * whatever a test wants.
 */
import { createSign, createVerify } from 'node:crypto'
import type { ExchangedToken, Principal } from '../../shared/identity/principal.ts'
import { rsaPair } from './rsa-pair.ts'

export const tid = '11111111-1111-4111-8111-111111111111'
export const alice = { oid: 'a0000000-0000-4000-8000-000000000001', upn: 'alice@countersign.example' }
export const bob = { oid: 'a0000000-0000-4000-8000-000000000002', upn: 'bob@countersign.example' }
export type Person = typeof alice
export const people = [alice, bob]

const issuer = `https://login.microsoftonline.com/${tid}/v2.0`
const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A token of that person for that audience; another key's where `key` is not Entra's. */
export function entraToken(person: Person, audience: string, { key = 'entra', iss = issuer } = {}): string {
  const claims = { iss, aud: audience, tid, oid: person.oid, sub: `sub-${person.oid}`, upn: person.upn }
  const text = `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode(claims)}`
  return `${text}.${createSign('sha256').update(text).sign(rsaPair(key).privateKey).toString('base64url')}`
}

/** The person of a token that Entra signed for that audience, or undefined. */
export function personOf(token: string, audience: string): Person | undefined {
  const [header = '', payload = '', signature = ''] = token.split('.')
  const verify = createVerify('sha256').update(`${header}.${payload}`)
  if (!verify.verify(rsaPair('entra').publicKey, Buffer.from(signature, 'base64url'))) return undefined
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, string>
  if (claims.aud !== audience || claims.iss !== issuer) return undefined
  return people.find(({ oid }) => oid === claims.oid)
}

/** An exchanged token, as the exchange gives it. */
export function exchanged(person: Person, value: string, expiresAt: number): ExchangedToken {
  return { value, tid, oid: person.oid, scope: 'api://foreign/.default', expiresAt } as unknown as ExchangedToken
}

export function principalOf(person: Person): Pick<Principal, 'oid' | 'tid' | 'username'> {
  return { tid, oid: person.oid, username: person.upn }
}
