/** Key Vault's secrets: https://learn.microsoft.com/rest/api/keyvault/secrets (API 7.x and 2025-07-01). */
import { type Endpoint, parseObject, type Request } from '../entra/wire.ts'
import { addVersion, idOf, type ObjectKind, objectEndpoints, settingsIn, wireAttributes } from './object-endpoints.ts'
import { badParameter } from './vault-errors.ts'
import type { Version, VersionedStore } from './versioned-store.ts'

export interface Secret {
  readonly value: string
  readonly contentType?: string
}

const valueLimit = 25_600

const typeIn = (body: Record<string, unknown>) =>
  typeof body.contentType === 'string' ? { contentType: body.contentType } : {}

function item(version: Version<Secret>, id: string): Record<string, unknown> {
  return { id, attributes: wireAttributes(version), tags: version.tags, ...typeIn({ ...version.content }) }
}

function set(kind: ObjectKind<Secret>, request: Request) {
  const body = parseObject(request.body)
  if (typeof body.value !== 'string' || Buffer.byteLength(body.value) > valueLimit) {
    return badParameter('The request body must have a value of at most 25,600 bytes.')
  }
  const content = { value: body.value, ...typeIn(body) }
  return addVersion(kind, request.path[0] ?? '', { content, settings: settingsIn(body) })
}

export function secretEndpoints(store: VersionedStore<Secret>, vaultUrl: string): Endpoint[] {
  const kind: ObjectKind<Secret> = {
    collection: 'secrets',
    store,
    vaultUrl,
    item,
    shown: (version) => item(version, idOf(kind, version)),
    bundle: (version) => ({ value: version.content.value, ...item(version, idOf(kind, version)) }),
    amend: (content, body) => ({ ...content, ...typeIn(body) }),
    readableWhenDisabled: false,
  }
  const setting: Endpoint = {
    method: 'PUT',
    pattern: /^\/secrets\/([0-9a-zA-Z-]{1,127})$/,
    handle: (request) => set(kind, request),
  }
  return [setting, ...objectEndpoints(kind)]
}
