/**
 * Key Vault's keys: https://learn.microsoft.com/rest/api/keyvault/keys (API 7.x and 2025-07-01). Differs in that it
 * makes EC P-256 keys only, signs ES256 only, and rotates on request alone; nothing goes in or out: import, backup,
 * restore and release are refused.
 */
import { generateKeyPairSync, type JsonWebKey } from 'node:crypto'
import { type Endpoint, parseObject, type Reply, type Request } from '../entra/wire.ts'
import {
  addVersion,
  idOf,
  missing,
  type ObjectKind,
  objectEndpoints,
  settingsIn,
  wireAttributes,
} from './object-endpoints.ts'
import { signDigest, verifyDigest } from './p256.ts'
import { badParameter, forbidden } from './vault-errors.ts'
import type { Version, VersionedStore } from './versioned-store.ts'

/** The private key as JWK, and what it may be used for. */
export interface VaultKey {
  readonly jwk: JsonWebKey
  readonly operations: readonly string[]
}

type Kind = ObjectKind<VaultKey>

const name = '([0-9a-zA-Z-]{1,127})'
const digestLength = 32

/** A new key. */
export const makeKey = (operations: readonly string[]): VaultKey => ({
  jwk: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' }),
  operations,
})

function operationsIn(body: Record<string, unknown>): readonly string[] {
  return Array.isArray(body.key_ops) ? body.key_ops.map(String) : ['sign', 'verify']
}

function create(kind: Kind, request: Request): Reply {
  const body = parseObject(request.body)
  if (body.kty !== 'EC' || (body.crv ?? 'P-256') !== 'P-256')
    return badParameter('Only EC keys on P-256 are made here.')
  const content = makeKey(operationsIn(body))
  return addVersion(kind, request.path[0] ?? '', { content, settings: settingsIn(body) })
}

function rotate(kind: Kind, request: Request): Reply {
  const found = kind.store.get(request.path[0] ?? '', '')
  if (!found) return missing(kind, request.path[0] ?? '')
  return addVersion(kind, found.name, { content: makeKey(found.content.operations), settings: { tags: found.tags } })
}

/** A key may sign while enabled and within its times; verifying is not bound to the times. */
function refuseUse(version: Version<VaultKey>, operation: 'sign' | 'verify', now: number): Reply | null {
  const { enabled, exp, nbf } = version.attributes
  if (!enabled) return forbidden(`Operation ${operation} is not allowed on a disabled key.`, 'KeyDisabled')
  const permitted = version.content.operations.includes(operation)
  if (!permitted) return forbidden(`Operation ${operation} is not permitted on this key.`, 'KeyOperationForbidden')
  if (operation === 'verify') return null
  if (exp !== undefined && exp <= now) return forbidden('The key has expired.', 'KeyExpired')
  return nbf !== undefined && nbf > now ? forbidden('The key is not yet valid.', 'KeyNotYetValid') : null
}

const bytesIn = (value: unknown) => Buffer.from(typeof value === 'string' ? value : '', 'base64url')

function use(kind: Kind, request: Request, now: () => number): Reply {
  const [wanted = '', version = '', operation] = request.path
  const found = kind.store.get(wanted, version)
  if (!found) return missing(kind, wanted)
  const verb = operation === 'verify' ? 'verify' : 'sign'
  const refusal = refuseUse(found, verb, now())
  if (refusal) return refusal
  const body = parseObject(request.body)
  const digest = bytesIn(verb === 'sign' ? body.value : body.digest)
  if (body.alg !== 'ES256' || digest.length !== digestLength) return badParameter('ES256 takes a digest of 32 bytes.')
  const secret = bytesIn(found.content.jwk.d)
  if (verb === 'verify') return { status: 200, body: { value: verifyDigest(secret, digest, bytesIn(body.value)) } }
  const signature = signDigest(secret, digest).toString('base64url')
  return { status: 200, body: { kid: idOf(kind, found), value: signature } }
}

const publicPart = ({ jwk, operations }: VaultKey) => ({
  kty: jwk.kty,
  crv: jwk.crv,
  x: jwk.x,
  y: jwk.y,
  key_ops: [...operations],
})

const attributesOf = (version: Version<VaultKey>) => ({ ...wireAttributes(version), exportable: false })

function makeKind(store: VersionedStore<VaultKey>, vaultUrl: string): Kind {
  const kind: Kind = {
    collection: 'keys',
    store,
    vaultUrl,
    item: (version, id) => ({ kid: id, attributes: attributesOf(version), tags: version.tags }),
    shown: (version) => kind.bundle(version),
    bundle: (version) => ({
      key: { kid: idOf(kind, version), ...publicPart(version.content) },
      attributes: attributesOf(version),
      tags: version.tags,
    }),
    amend: (content, body) => (Array.isArray(body.key_ops) ? { ...content, operations: operationsIn(body) } : content),
    readableWhenDisabled: true,
  }
  return kind
}

const refuseTransfer = () => forbidden('Key material neither enters nor leaves this vault.', 'ForbiddenByPolicy')

/** `now` is the clock in epoch seconds. */
export function keyEndpoints(store: VersionedStore<VaultKey>, vaultUrl: string, now: () => number): Endpoint[] {
  const kind = makeKind(store, vaultUrl)
  const at = (pattern: string) => new RegExp(`^/keys/${pattern}$`)
  return [
    { method: 'POST', pattern: at(`${name}/create`), handle: (request) => create(kind, request) },
    { method: 'POST', pattern: at(`${name}/rotate`), handle: (request) => rotate(kind, request) },
    { method: 'POST', pattern: at(`${name}/([0-9a-f]*)/(sign|verify)`), handle: (request) => use(kind, request, now) },
    { method: 'POST', pattern: at(`${name}/backup`), handle: refuseTransfer },
    { method: 'POST', pattern: at(`${name}/([0-9a-f]*)/release`), handle: refuseTransfer },
    { method: 'POST', pattern: at('restore'), handle: refuseTransfer },
    { method: 'PUT', pattern: at(name), handle: refuseTransfer },
    ...objectEndpoints(kind),
  ]
}
