/**
 * Runs in a process of its own, since proxy and certificate authority are read at its start: the unmodified SDKs of
 * Key Vault against the embedded vault. Prints what came of each step as one JSON object.
 */
import { createHash } from 'node:crypto'
import { ManagedIdentityCredential } from '@azure/identity'
import { CryptographyClient, KeyClient } from '@azure/keyvault-keys'
import { SecretClient } from '@azure/keyvault-secrets'

const url = process.env.VAULT_URL ?? ''
const credential = new ManagedIdentityCredential({ clientId: process.env.IDENTITY_CLIENT_ID ?? '' })
const options = { retryOptions: { maxRetries: 0 } }
const secrets = new SecretClient(url, credential, options)
const keys = new KeyClient(url, credential, options)
const results: Record<string, unknown> = {}

interface RestFailure {
  readonly statusCode?: number
  readonly code?: string
  readonly details?: { error?: { innerError?: { code?: string } } }
}

function failureOf({ statusCode, code, details }: RestFailure): string {
  return [statusCode, code, details?.error?.innerError?.code].filter((part) => part !== undefined).join(' ')
}

/** Notes a step's value, or `status code innercode` of its refusal. */
async function note(name: string, step: () => Promise<unknown>): Promise<void> {
  results[name] = await step().catch(failureOf)
}

async function gather<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

async function trySecrets(): Promise<void> {
  const first = await secrets.setSecret('hmac', 'one', { tags: { purpose: 'audit' }, contentType: 'text/plain' })
  const version = first.properties.version ?? ''
  await secrets.setSecret('hmac', 'two')
  await note('current', async () => (await secrets.getSecret('hmac')).value)
  await note('old version', async () => (await secrets.getSecret('hmac', { version })).value)
  await note('tags', async () => (await secrets.getSecret('hmac', { version })).properties.tags)
  for (let at = 0; at < 28; at += 1) await secrets.setSecret('many', String(at))
  await note('versions', async () => (await gather(secrets.listPropertiesOfSecretVersions('many'))).length)
  await note('names', async () => (await gather(secrets.listPropertiesOfSecrets())).map((one) => one.name).sort())
  await secrets.updateSecretProperties('hmac', version, { enabled: false })
  await note('disabled', () => secrets.getSecret('hmac', { version }))
  await note('missing', () => secrets.getSecret('nothing'))
  await note('bad name', () => secrets.getSecret('a_b'))
  await note('seeded', async () => (await secrets.getSecret('seeded')).value)
}

async function tryDeletion(): Promise<void> {
  await (await secrets.beginDeleteSecret('many', { intervalInMs: 10 })).pollUntilDone()
  await note('deleted', () => secrets.getSecret('many'))
  await note('set while deleted', () => secrets.setSecret('many', 'again'))
  await note('deleted names', async () => (await gather(secrets.listDeletedSecrets())).map((one) => one.name))
  await (await secrets.beginRecoverDeletedSecret('many', { intervalInMs: 10 })).pollUntilDone()
  await note('recovered', async () => (await secrets.getSecret('many')).value)
  await (await secrets.beginDeleteSecret('many', { intervalInMs: 10 })).pollUntilDone()
  await secrets.purgeDeletedSecret('many')
  await note('purged', () => secrets.getDeletedSecret('many'))
}

async function tryKeys(): Promise<void> {
  const digest = createHash('sha256').update('checkpoint').digest()
  const key = await keys.createEcKey('anchor', { curve: 'P-256' })
  const signer = new CryptographyClient(key.id ?? '', credential, options)
  const { result } = await signer.sign('ES256', digest)
  results.jwk = { kty: key.key?.kty, crv: key.key?.crv, ...hex(key.key?.x, key.key?.y) }
  results.signature = Buffer.from(result).toString('hex')
  results['private part'] = key.key?.d ?? null
  results.exportable = key.properties.exportable
  await note('verified', async () => (await signer.verify('ES256', digest, result)).result)
  await note('not verified', async () => (await signer.verify('ES256', digest.fill(0), result)).result)
  const next = await keys.rotateKey('anchor')
  results.rotated = next.properties.version !== key.properties.version
  await note('key versions', async () => (await gather(keys.listPropertiesOfKeyVersions('anchor'))).length)
  await keys.updateKeyProperties('anchor', key.properties.version ?? '', { enabled: false })
  await note('disabled key', () => signer.sign('ES256', digest))
  await note('missing key', () => keys.getKey('nothing'))
  await note('import', () => keys.importKey('own', { kty: 'EC', crv: 'P-256' }))
  await note('backup', () => keys.backupKey('anchor'))
  await note('rsa', () => keys.createRsaKey('rsa'))
}

const hex = (x?: Uint8Array, y?: Uint8Array) => ({
  x: Buffer.from(x ?? []).toString('base64url'),
  y: Buffer.from(y ?? []).toString('base64url'),
})

await trySecrets()
await tryDeletion()
await tryKeys()
process.stdout.write(JSON.stringify(results))
