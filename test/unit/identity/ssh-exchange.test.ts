import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import { createServer } from 'node:http'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Entra, startEntra } from '../../../infra/local/entra/stand-in.ts'
import { personas, tenants } from '../../../infra/local/personas.ts'
import { makeSshAuthority } from '../../../infra/local/ssh/authority.ts'
import type { Problem } from '../../../shared/errors/problem.ts'
import { createExchange, type ExchangeWish } from '../../../shared/identity/entra-exchange.ts'
import { readSshCertificate } from '../../../shared/identity/ssh-certificate.ts'
import { readSshCredential } from '../../../shared/identity/ssh-exchange.ts'
import { verifierSettings } from '../../support/tokens.ts'
import { askIdentity, makeExchange, wishOf } from '../upstream/ssh-bench.ts'

const authority = makeSshAuthority()
const other = makeSshAuthority()
const hour = { validAfter: 0, validBefore: 4_000_000_000 }
let entra: Entra
let certify = (key: { n: string; e: string }, name: string) => authority.certify(key, { principals: [name], ...hour })

beforeAll(async () => {
  entra = await startEntra({ certify: (key, name) => certify(key, name) })
})
afterAll(() => entra.stop())
afterEach(() => fetch(`${entra.url}/dev/fault`, { method: 'DELETE' }))

const plant = (fault: object) => fetch(`${entra.url}/dev/fault`, { method: 'POST', body: JSON.stringify(fault) })
const problemOf = (work: Promise<unknown>): Promise<Problem> =>
  work.then(
    () => Promise.reject(new Error('there was a certificate')),
    (error: Problem) => error,
  )

describe('the exchange for an SSH certificate', () => {
  it('gives a certificate for a key that nobody else has, and keeps none', async () => {
    const exchange = makeExchange(entra)
    const wish = wishOf(entra, 'alice')
    const tokens = await Promise.all([exchange(wish), exchange(wish)])
    expect(tokens[0]).toMatchObject({ tid: tenants.home, oid: personas.alice.oid, expiresAt: 4_000_000_000_000 })
    const [one, two] = tokens.map(({ value }) => readSshCredential(value)!)
    expect(one!.privateKey).not.toBe(two!.privateKey)
    expect(readSshCertificate(one!.certificate)).toMatchObject({ type: 1, principals: [personas.alice.username] })
    const signature = sign('sha512', Buffer.from('x'), createPrivateKey(one!.privateKey))
    expect(verify('sha512', Buffer.from('x'), createPublicKey(one!.privateKey), signature)).toBe(true)
  })

  it('asks as the Azure CLI does, on behalf of the person', async () => {
    const forms: URLSearchParams[] = []
    const { exchange } = createExchange({
      settings: verifierSettings,
      clientAssertion: async () => 'client-assertion',
      pepper: new Uint8Array(32),
      fetch: async (_url, init) => {
        forms.push(new URLSearchParams(String(init?.body)))
        return Response.json({ token_type: 'Bearer', access_token: 'x' })
      },
    })
    const wish = wishOf(entra, 'alice')
    expect(await problemOf(exchange(wish))).toMatchObject({ code: 'exchange_unavailable', reason: 'no_certificate' })
    const form = Object.fromEntries(forms[0]!)
    expect(form).toMatchObject({
      requested_token_use: 'on_behalf_of',
      token_type: 'ssh-cert',
      assertion: wish.assertion.value,
      scope: wish.scope,
    })
    const { kty, n, e, kid } = JSON.parse(form.req_cnf ?? '')
    expect([kty, e, kid]).toEqual(['RSA', 'AQAB', form.key_id])
    expect(n).toMatch(/^[\w-]{342}$/)
    expect(JSON.stringify(form)).not.toContain('PRIVATE')
  })

  it.each([
    ['for another key', () => other.certify({ n: 'ALt', e: 'AQAB' }, { principals: [], ...hour })],
    [
      'that is cut short',
      (key: { n: string; e: string }) => authority.certify(key, { principals: [], ...hour }).slice(0, -8),
    ],
    ['that is none', () => 'eyJhbGciOiJub25lIn0.e30.'],
  ])('refuses a certificate %s', async (_what, wrong) => {
    const usual = certify
    certify = wrong
    const problem = await problemOf(makeExchange(entra)(wishOf(entra, 'alice')))
    certify = usual
    expect(problem).toMatchObject({ code: 'exchange_unavailable', reason: 'no_certificate' })
  })

  it('gives nobody else a certificate of the person, and none for another API', async () => {
    const exchange = makeExchange(entra)
    const bob = { ...wishOf(entra, 'bob'), assertion: wishOf(entra, 'alice').assertion }
    const { value } = await exchange(bob)
    // The executor holds this name against the person, and sends nothing.
    expect(readSshCertificate(readSshCredential(value)!.certificate)?.principals).toEqual([personas.alice.username])
    const wish: ExchangeWish = { ...wishOf(entra, 'alice'), scope: 'https://database.windows.net/.default' }
    expect((await problemOf(exchange(wish))).code).not.toBe('internal')
  })
})

describe('a fault of the exchange for an SSH certificate', () => {
  const capolids = { access_token: { capolids: { essential: true, values: ['x'] } } }
  it.each([
    ['a claims challenge', { kind: 'claims', claims: capolids }, 'claims_challenge', undefined],
    ['a missing consent', { kind: 'consent' }, 'consent_required', undefined],
    ['a blocked sign-in', { kind: 'error', code: 53003, status: 400 }, 'access_denied', undefined],
    ['a throttle', { kind: 'throttle', retryAfter: 17 }, 'exchange_unavailable', 17],
    ['a throttle that says nothing', { kind: 'throttle' }, 'exchange_unavailable', 2],
    ['an error of the service', { kind: 'error' }, 'exchange_unavailable', 2],
    ['a page in the place of an answer', { kind: 'html', status: 200 }, 'exchange_unavailable', 2],
    ['an empty answer', { kind: 'empty' }, 'exchange_unavailable', 2],
    ['a cut connection', { kind: 'drop' }, 'exchange_unavailable', 2],
    ['no answer', { kind: 'hang' }, 'exchange_unavailable', 2],
  ])('is told as what it is: %s', async (...[, fault, code, retryAfter]) => {
    await plant({ target: 'token', persona: 'alice', ...fault })
    const problem = await problemOf(makeExchange(entra, fault.kind === 'hang' ? 1000 : 10_000)(wishOf(entra, 'alice')))
    expect([problem.code, problem.members.retryAfter]).toEqual([code, retryAfter])
  })

  it('follows no redirect, and takes neither the key nor the assertion elsewhere', async () => {
    const asked: string[] = []
    const elsewhere = createServer((request, response) => {
      asked.push(request.url ?? '')
      response.writeHead(307, { location: `${entra.url}${request.url}` }).end()
    })
    await new Promise<void>((done) => elsewhere.listen(0, '127.0.0.1', done))
    const { port } = elsewhere.address() as { port: number }
    const { exchange } = createExchange({
      settings: { ...verifierSettings, entraUrl: `http://127.0.0.1:${port}` },
      clientAssertion: () => askIdentity(entra),
      pepper: new Uint8Array(32),
    })
    const wish = wishOf(entra, 'alice')
    const before = entra.signIns().length
    expect((await problemOf(exchange(wish))).code).toBe('exchange_unavailable')
    expect([asked.length, entra.signIns().length - before]).toEqual([1, 0])
    elsewhere.close()
  })
})
