import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BlobServiceClient, type ContainerClient, RestError } from '@azure/storage-blob'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Storage, startAzurite } from '../../infra/local/azurite/azurite.ts'
import { storageAudience } from '../../infra/local/blobs/access-token.ts'
import type { BlobFront } from '../../infra/local/blobs/front.ts'
import { startBlobs } from '../../infra/local/blobs/server.ts'
import { type Entra, startEntra } from '../../infra/local/entra/stand-in.ts'
import { type PersonaName, tenants } from '../../infra/local/personas.ts'
import { type Certificates, makeCertificates } from '../../infra/local/tls/certificates.ts'

const run = mkdtempSync(join(tmpdir(), 'countersign-blobs-'))
let certificates: Certificates
let entra: Entra
let azurite: Storage
let front: BlobFront

beforeAll(async () => {
  certificates = await makeCertificates(['127.0.0.1'])
  entra = await startEntra()
  azurite = await startAzurite({ run, certificate: certificates })
  front = await startBlobs({ account: azurite.files, tenant: tenants.home, entra, certificates })
})

afterAll(async () => {
  await front?.stop()
  await azurite?.stop()
  await entra?.stop()
  rmSync(run, { recursive: true, force: true })
})

const tokenOf = (persona: PersonaName, overrides = {}) =>
  entra.mint(persona, { aud: storageAudience, version: 1, scope: 'user_impersonation', ...overrides }).token

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

interface Ask {
  readonly method?: string
  /** As written, after the account. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** A bare request: no client corrects what it says. */
function send(token: string | null, { method = 'GET', path, headers = {}, body }: Ask): Promise<Answer> {
  const url = new URL(front.url)
  const authorization = token === null ? {} : { authorization: `Bearer ${token}` }
  const all = { 'x-ms-version': '2026-04-06', ...authorization, ...headers }
  return new Promise((resolve, reject) => {
    const options = { port: url.port, host: '127.0.0.1', method, path: `${url.pathname}${path}`, ca: certificates.ca }
    const sent = request({ ...options, headers: all, timeout: 5000 }, async (response) => {
      let text = ''
      for await (const chunk of response) text += chunk
      resolve({ status: response.statusCode ?? 0, headers: response.headers, text })
    })
    sent.on('timeout', () => sent.destroy(new Error('timeout')))
    sent.on('error', reject)
    sent.end(body)
  })
}
const as = (persona: PersonaName, asked: Ask) => send(tokenOf(persona), asked)

/** Azure's own client library, unmodified, with the token of a person. */
function clientOf(persona: PersonaName): ContainerClient {
  const getToken = async () => ({ token: tokenOf(persona), expiresOnTimestamp: Date.now() + 3_600_000 })
  const options = { tlsOptions: { ca: certificates.ca }, retryOptions: { maxTries: 1 } }
  return new BlobServiceClient(front.url, { getToken }, options).getContainerClient('reports')
}

/** Status and code of what the client library throws. */
async function failureOf(doing: Promise<unknown>): Promise<readonly unknown[]> {
  const error = await doing.then(
    () => new Error('it was done'),
    (reason: unknown) => reason,
  )
  if (!(error instanceof RestError)) throw error
  return [error.statusCode, error.code]
}

describe('the front of the files', () => {
  const report = '/reports/emea/summary.json'

  const attempts: [string, () => string | null, string][] = [
    ['no token', () => null, 'NoAuthenticationInformation'],
    ['a token for the gateway', () => entra.mint('alice').token, 'InvalidAuthenticationInfo'],
    [
      'a token for another service',
      () => tokenOf('alice', { aud: 'https://graph.microsoft.com' }),
      'InvalidAuthenticationInfo',
    ],
    ['an expired token', () => tokenOf('alice', { ttl: -3600 }), 'InvalidAuthenticationInfo'],
    ['a token that is not valid yet', () => tokenOf('alice', { nbf: 9_999_999_999 }), 'InvalidAuthenticationInfo'],
    ['a token of another tenant', () => tokenOf('mallory'), 'InvalidAuthenticationInfo'],
    ['a v2 issuer', () => tokenOf('alice', { version: 2 }), 'InvalidAuthenticationInfo'],
    [
      'a token without a signature',
      () => `${tokenOf('alice').split('.').slice(0, 2).join('.')}.`,
      'InvalidAuthenticationInfo',
    ],
    ['a signature of other claims', () => splice(tokenOf('bob'), tokenOf('alice')), 'InvalidAuthenticationInfo'],
    ['alg none', () => unsigned(tokenOf('carol')), 'InvalidAuthenticationInfo'],
    ['no token at all', () => 'x', 'InvalidAuthenticationInfo'],
  ]
  it.each(attempts)('refuses %s with 401 and where tokens come from', async (_what, token, code) => {
    const { status, headers } = await send(token(), { path: report })
    expect([status, headers['x-ms-error-code']]).toEqual([401, code])
    expect(headers['www-authenticate']).toMatch(
      /^Bearer authorization_uri=\S+ resource_id=https:\/\/storage\.azure\.com$/,
    )
  })

  it.each([
    ['alice', 'GET', report, 200],
    ['alice', 'HEAD', report, 200],
    ['alice', 'GET', '/reports/us/summary.json', 403],
    ['alice', 'GET', '/reports/emea/../us/summary.json', 403],
    ['alice', 'GET', '/reports/emea/%2e%2e/us/summary.json', 403],
    ['alice', 'GET', '/reports/emea%2F..%2Fus%2Fsummary.json', 404],
    ['alice', 'GET', '/../devstoreaccount1/evidence/x', 403],
    ['alice', 'GET', '/finance/budget-2027.csv', 403],
    ['alice', 'GET', '/reports?restype=container&comp=list', 403],
    ['alice', 'GET', '/reports?restype=container&comp=list&prefix=emea', 403],
    ['alice', 'GET', '/reports?restype=container&comp=list&prefix=emea/', 200],
    ['alice', 'GET', '/reports?restype=container&comp=list&prefix=emea/&prefix=us/', 403],
    ['alice', 'GET', '/?comp=list', 200],
    ['alice', 'GET', '/?comp=blobs&where=%22kind%22%3D%27sales%27', 403],
    ['alice', 'DELETE', report, 403],
    ['bob', 'GET', report, 403],
    ['bob', 'GET', '/reports/us/summary.json', 200],
    ['bob', 'DELETE', '/reports/emea/logo.png', 403],
    ['carol', 'GET', '/?comp=blobs&where=%22kind%22%3D%27sales%27', 200],
    ['carol', 'GET', '/people/emea/salaries.csv', 403],
    ['carol', 'POST', '/?restype=service&comp=userdelegationkey', 403],
    ['carol', 'PUT', '/reports/emea/logo.png?comp=tier', 403],
    ['carol', 'GET', '/reports/none', 404],
    ['heidi', 'GET', '/people/us/salaries.csv', 200],
    ['heidi', 'GET', report, 403],
    ['dave', 'GET', report, 403],
    ['erin', 'GET', report, 403],
    ['robot', 'GET', report, 403],
  ] as const)('answers %s %s %s with %d', async (...row) => {
    const [persona, method, path, status] = row
    const answer = await as(persona, { method, path })
    expect(answer.status).toBe(status)
    if (status !== 403) return
    expect(answer.headers['x-ms-error-code']).toBe('AuthorizationPermissionMismatch')
    expect(answer.text).toContain('<Code>AuthorizationPermissionMismatch</Code>')
  })

  it('wants a version, and copies from nowhere', async () => {
    const token = tokenOf('carol')
    expect((await send(token, { path: report, headers: { 'x-ms-version': '' } })).status).toBe(400)
    const source = { 'x-ms-copy-source': 'https://elsewhere.example/x' }
    expect((await send(token, { method: 'PUT', path: '/reports/copy', headers: source })).status).toBe(403)
  })

  it('keeps what is there when it opens again', async () => {
    await as('carol', { method: 'DELETE', path: '/reports/us/logo.png' })
    const again = await startBlobs({ account: azurite.files, tenant: tenants.home, entra, certificates })
    await again.stop()
    expect((await as('carol', { path: '/reports/us/logo.png' })).status).toBe(404)
  })
})

describe("Azure's own client library", () => {
  it('lists in pages what the person may see', async () => {
    const pages: number[] = []
    const names: string[] = []
    const listed = clientOf('alice').listBlobsFlat({ prefix: 'emea/', includeTags: false })
    for await (const page of listed.byPage({ maxPageSize: 2 })) {
      pages.push(page.segment.blobItems.length)
      names.push(...page.segment.blobItems.map(({ name }) => name))
    }
    expect(pages).toEqual([2, 2, 1])
    expect(names).toContain('emea/notes/Besuch Zürich.txt')
    expect(await failureOf(clientOf('bob').listBlobsFlat({ prefix: 'emea/' }).next())).toEqual([
      403,
      'AuthorizationPermissionMismatch',
    ])
  })

  it('stores, reads, replaces by ETag and deletes', async () => {
    const blob = clientOf('carol').getBlockBlobClient('emea/notes/ä b?#.txt')
    const headers = { blobHTTPHeaders: { blobContentType: 'text/plain' } }
    const { etag = '' } = await blob.upload('one', 3, headers)
    expect((await blob.downloadToBuffer()).toString()).toBe('one')
    expect(await failureOf(blob.upload('two', 3, { conditions: { ifNoneMatch: '*' } }))).toEqual([
      409,
      'BlobAlreadyExists',
    ])
    expect(await failureOf(blob.upload('two', 3, { conditions: { ifMatch: '"0x1"' } }))).toEqual([
      412,
      'ConditionNotMet',
    ])
    await blob.upload('two', 3, { conditions: { ifMatch: etag } })
    expect((await blob.getProperties()).contentLength).toBe(3)
    expect(await failureOf(clientOf('alice').getBlobClient('emea/notes/ä b?#.txt').delete())).toEqual([
      403,
      'AuthorizationPermissionMismatch',
    ])
    await blob.delete()
    expect(await failureOf(blob.download())).toEqual([404, 'BlobNotFound'])
  })

  it('stores in blocks', async () => {
    const blob = clientOf('carol').getBlockBlobClient('emea/large.bin')
    await blob.uploadData(Buffer.alloc(300_000, 7), { blockSize: 100_000, maxSingleShotSize: 1 })
    expect((await blob.downloadToBuffer(299_999, 1))[0]).toBe(7)
  })
})

function splice(head: string, tail: string): string {
  const [header, claims] = head.split('.')
  return [header, claims, tail.split('.')[2]].join('.')
}

function unsigned(token: string): string {
  const header = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')
  return `${header}.${token.split('.')[1]}.`
}
