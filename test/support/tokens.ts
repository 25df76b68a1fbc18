/**
 * Mints access tokens as Entra does, for tests only: fixed keys of this process, no directory behind them. Unlike Entra it
 * signs whatever it is told to.
 */
import { createSign, type KeyObject } from 'node:crypto'
import { checkSignature } from '../../shared/identity/entra-keys.ts'
import type { KeyLookup, SigningKey } from '../../shared/identity/signing-key.ts'
import { createVerifier, type VerifierSettings } from '../../shared/identity/verify.ts'
import { rsaPair } from './rsa-pair.ts'

export const ids = {
  home: '11111111-1111-4111-8111-111111111111',
  second: '22222222-2222-4222-8222-222222222222',
  stranger: '33333333-3333-4333-8333-333333333333',
  personal: '9188040d-6c67-4c5b-b112-36a304b66dad',
  api: 'c0000000-0000-4000-8000-000000000001',
  console: 'c0000000-0000-4000-8000-000000000002',
  agent: 'c0000000-0000-4000-8000-000000000003',
  unlisted: 'c0000000-0000-4000-8000-000000000004',
  alice: 'a0000000-0000-4000-8000-000000000001',
  bob: 'a0000000-0000-4000-8000-000000000002',
} as const

const resourceMetadata = 'https://cp.example/.well-known/oauth-protected-resource'
/** 2026-11-22T12:00:00Z in milliseconds: the clock of these tests stands still. */
export const noon = Date.UTC(2026, 10, 22, 12)
const seconds = noon / 1000

export const keys = { current: rsaPair('current'), stranger: rsaPair('stranger') }

export function jwkOf(key: KeyObject): { n: string; e: string } {
  const { n = '', e = '' } = key.export({ format: 'jwk' })
  return { n, e }
}

export type Claims = Record<string, unknown>

/** Claims of an ordinary delegated token of Alice's; `undefined` takes a claim out. */
export function claimsWith(changes: Claims = {}): Claims {
  const claims: Claims = {
    aud: ids.api,
    iss: `https://login.microsoftonline.com/${ids.home}/v2.0`,
    iat: seconds - 300,
    nbf: seconds - 300,
    exp: seconds + 3600,
    azp: ids.agent,
    azpacr: '1',
    acct: 0,
    idtyp: 'user',
    oid: ids.alice,
    scp: 'access_as_user',
    sub: 'pairwise-subject',
    tid: ids.home,
    uti: 'token-1',
    ver: '2.0',
    ...changes,
  }
  return Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined))
}

export function encode(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
}

export interface Minting {
  readonly header?: Claims
  readonly claims?: Claims
  readonly key?: KeyObject
  readonly hash?: string
  /** Text of the claims, where JSON.stringify could not write it. */
  readonly payload?: string
}

/** Signs header and claims with RSASSA-PKCS1-v1_5. */
export function mint({
  header = {},
  claims,
  key = keys.current.privateKey,
  hash = 'RSA-SHA256',
  payload,
}: Minting = {}): string {
  const head = Object.entries({ alg: 'RS256', typ: 'JWT', kid: 'current', ...header }).filter(
    ([, v]) => v !== undefined,
  )
  const signed = `${encode(Object.fromEntries(head))}.${encode(payload ?? claimsWith(claims))}`
  return `${signed}.${createSign(hash).update(signed).sign(key, 'base64url')}`
}

const { importJWK } = await import('jose')
async function signingKey(kid: string, issuer: string | null, key: KeyObject): Promise<SigningKey> {
  return { kid, issuer, material: await importJWK({ kty: 'RSA', ...jwkOf(key) }, 'RS256') }
}

const template = 'https://login.microsoftonline.com/{tenantid}/v2.0'
const homeKeys = [
  await signingKey('current', template, keys.current.publicKey),
  await signingKey('unbound', null, keys.current.publicKey),
  await signingKey('personal', template.replace('{tenantid}', ids.personal), keys.current.publicKey),
]

/** The keys as a finished store would answer; notes for which tenants it was asked. */
export function keyLookup(asked: (string | null)[] = []): KeyLookup {
  return {
    find: async (tid, kid) => {
      asked.push(tid)
      return homeKeys.find((key) => key.kid === kid) ?? null
    },
  }
}

export const verifierSettings: VerifierSettings = {
  cloud: 'public',
  clientId: ids.api,
  consoleClientId: ids.console,
  tenants: [ids.home, ids.second],
  allowedActors: [ids.agent],
  deniedTokenIds: new Set(['stolen']),
  resourceMetadata,
}

/** A verifier over these keys at noon. */
export function testVerifier(changes: Partial<VerifierSettings> = {}, keys: KeyLookup = keyLookup()) {
  return createVerifier({ settings: { ...verifierSettings, ...changes }, keys, checkSignature, now: () => noon })
}
