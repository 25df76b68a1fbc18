import { execFile } from 'node:child_process'
import { createPublicKey, verify } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Entra, startEntra } from '../../../infra/local/entra/stand-in.ts'
import { tenants } from '../../../infra/local/personas.ts'
import { type Proxy as ConnectProxy, startProxy } from '../../../infra/local/proxy/connect-proxy.ts'
import { type Certificates, makeCertificates } from '../../../infra/local/tls/certificates.ts'
import { startVault, type Vault } from '../../../infra/local/vault/vault.ts'
import { identityToken } from './entra-client.ts'

const hostname = 'countersign.vault.localhost'
const audience = 'https://vault.localhost'
const run = promisify(execFile)

let entra: Entra
let vault: Vault
let proxy: ConnectProxy
let certificates: Certificates
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vault-'))
  certificates = await makeCertificates([hostname])
  await writeFile(join(folder, 'ca.pem'), certificates.ca)
  entra = await startEntra()
  vault = await startVault({ certificates, entra, hostname, audience })
  proxy = await startProxy({ routes: { [hostname]: { host: '127.0.0.1', port: vault.port } } })
})

afterAll(async () => {
  await Promise.all([proxy.stop(), vault.stop(), entra.stop(), rm(folder, { recursive: true })])
})

interface Answer {
  readonly status: number
  readonly headers: Record<string, string | string[] | undefined>
  readonly body: Record<string, unknown>
}

interface Ask {
  readonly token?: string
  readonly method?: string
  readonly body?: unknown
}

/** A request over verified TLS, straight to the vault's port. */
function ask(path: string, { token, method = 'GET', body }: Ask = {}): Promise<Answer> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const target = {
    host: '127.0.0.1',
    port: vault.port,
    servername: hostname,
    ca: certificates.ca,
    path,
    method,
    headers,
  }
  return new Promise((resolve, reject) => {
    const sent = request({ ...target, agent: false }, async (response) => {
      const chunks: Buffer[] = []
      for await (const chunk of response) chunks.push(chunk)
      const text = Buffer.concat(chunks).toString() || '{}'
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: JSON.parse(text) })
    })
    sent.on('error', reject)
    sent.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

const path = '/secrets/seeded/?api-version=7.6'

describe('vault, to the unmodified SDKs with challenge verification on', () => {
  let seen: Record<string, unknown>

  beforeAll(async () => {
    vault.seed('seeded', 'by an administrator')
    const env = {
      PATH: process.env.PATH,
      HOME: folder,
      HTTPS_PROXY: proxy.url,
      NO_PROXY: '127.0.0.1',
      NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem'),
      IDENTITY_ENDPOINT: entra.msi.endpoint,
      IDENTITY_HEADER: entra.msi.header,
      IDENTITY_CLIENT_ID: entra.msi.clientId,
      VAULT_URL: vault.url,
    }
    const script = join(import.meta.dirname, 'vault-client.ts')
    const { stdout } = await run(process.execPath, ['--import', 'tsx', script], { env, timeout: 50_000 })
    seen = JSON.parse(stdout)
  })

  it.each([
    ['current', 'two'],
    ['old version', 'one'],
    ['tags', { purpose: 'audit' }],
    ['versions', 28],
    ['names', ['hmac', 'many', 'seeded']],
    ['disabled', '403 Forbidden SecretDisabled'],
    ['missing', '404 SecretNotFound'],
    ['bad name', '400 BadParameter'],
    ['seeded', 'by an administrator'],
    ['deleted', '404 SecretNotFound'],
    ['set while deleted', '409 Conflict ObjectIsDeletedButRecoverable'],
    ['deleted names', ['many']],
    ['recovered', '27'],
    ['purged', '404 SecretNotFound'],
    ['private part', null],
    ['exportable', false],
    ['verified', true],
    ['not verified', false],
    ['rotated', true],
    ['key versions', 2],
    ['disabled key', '403 Forbidden KeyDisabled'],
    ['missing key', '404 KeyNotFound'],
    ['import', '403 Forbidden ForbiddenByPolicy'],
    ['backup', '403 Forbidden ForbiddenByPolicy'],
    ['rsa', '400 BadParameter'],
  ])('shows "%s" as %j', (step, expected) => {
    expect(seen[step]).toEqual(expected)
  })

  it('signs so that OpenSSL verifies with the public key it gave', () => {
    const key = createPublicKey({ key: seen.jwk as Record<string, string>, format: 'jwk' })
    const signature = Buffer.from(String(seen.signature), 'hex')
    expect(verify('sha256', Buffer.from('checkpoint'), { key, dsaEncoding: 'ieee-p1363' }, signature)).toBe(true)
  })

  it('lets nothing past the proxy', () => {
    expect(proxy.refused).toEqual([])
  })
})

describe('vault caller', () => {
  const forge = async (key: string) => {
    const claims = { ...entra.mint('robot', { aud: audience }).claims, oid: entra.msi.principalId, tid: tenants.home }
    const response = await fetch(`${entra.url}/dev/sign`, { method: 'POST', body: JSON.stringify({ key, claims }) })
    return ((await response.json()) as { token: string }).token
  }

  it('without a token gets the challenge that names tenant and resource', async () => {
    const { status, headers } = await ask(path)
    expect(status).toBe(401)
    const login = `https://login.microsoftonline.com/${tenants.home}`
    expect(headers['www-authenticate']).toBe(`Bearer authorization="${login}", resource="${audience}"`)
  })

  it.each([
    ['a good token of the managed identity', 200, () => identityToken(entra, audience)],
    ['its token for another vault', 401, () => identityToken(entra, 'https://vault.azure.net')],
    ['the right claims under the current key', 200, () => forge('current')],
    ['the right claims under a key never published', 401, () => forge('unknown')],
    ['the right claims under another tenant’s key', 401, () => forge('other-tenant')],
    ['an expired token', 401, async () => entra.mint('robot', { aud: audience, exp: 1_000_000_000 }).token],
    ['a principal without a role', 403, async () => entra.mint('alice', { aud: audience }).token],
  ])('with %s gets %i', async (_what, status, token) => {
    expect((await ask(path, { token: await token() })).status).toBe(status)
  })

  it('has to name an API version', async () => {
    const token = await identityToken(entra, audience)
    expect((await ask('/secrets/seeded/', { token })).body).toMatchObject({ error: { code: 'BadParameter' } })
  })

  it.each([
    [{ kind: 'error', count: 2 }, [503, 503, 200]],
    [{ kind: 'throttle', retryAfter: 1 }, [429, 200, 200]],
    [{ kind: 'error', status: 500, scope: '/keys/' }, [200, 200, 200]],
  ])('meets the planted fault %j as %j', async (fault, statuses) => {
    const token = await identityToken(entra, audience)
    await ask('/dev/fault', { method: 'POST', body: fault })
    const read = async () => (await ask(path, { token })).status
    expect([await read(), await read(), await read()]).toEqual(statuses)
    await ask('/dev/fault', { method: 'DELETE' })
  })
})

describe('vault state', () => {
  it('brings secrets and keys over a restart', async () => {
    const state = JSON.parse(JSON.stringify(vault.state()))
    const again = await startVault({ certificates, entra, hostname, audience, state })
    expect(again.state()).toEqual(vault.state())
    expect(Object.keys(again.state().secrets)).toContain('seeded')
    await again.stop()
  })
})
