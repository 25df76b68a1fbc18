import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { Problem } from '../../../shared/errors/problem.ts'
import { checkSignature, createKeyStore } from '../../../shared/identity/entra-keys.ts'
import { ids, jwkOf, keys, mint } from '../../support/tokens.ts'

const minute = 60_000
const hour = 60 * minute
const issuer = 'https://login.microsoftonline.com/{tenantid}/v2.0'

function jwk(kid: string, changes: Record<string, unknown> = {}): Record<string, unknown> {
  return { kty: 'RSA', use: 'sig', kid, issuer, ...jwkOf(keys.current.publicKey), ...changes }
}

type Answer = () => Response | Promise<Response>
const good =
  (...kids: string[]): Answer =>
  () =>
    Response.json({ keys: kids.map((kid) => jwk(kid)) })
const outage: Answer = () => new Response('down', { status: 500 })

/** A key endpoint with a clock that the test turns. */
function endpoint(first: Answer) {
  const state = { answer: first, now: 1e12, urls: [] as string[], init: undefined as RequestInit | undefined }
  const fetchKeys = (async (url: string, init?: RequestInit) => {
    state.urls.push(url)
    state.init = init
    return state.answer()
  }) as typeof fetch
  const store = createKeyStore({
    cloud: 'public',
    tenants: [ids.home],
    fetch: fetchKeys,
    now: () => state.now,
    timeout: 50,
  })
  return { state, store, find: (kid = 'a') => store.find(ids.home, kid) }
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'ok',
    (error) => (error instanceof Problem ? error.code : String(error)),
  )
}

describe('key store', () => {
  it("fetches a tenant's own keys once, however many ask", async () => {
    const { state, find } = endpoint(good('a'))
    const found = await Promise.all(Array.from({ length: 50 }, () => find()))
    expect(found.every((key) => key?.issuer === issuer)).toBe(true)
    expect(state.urls).toEqual([`https://login.microsoftonline.com/${ids.home}/discovery/v2.0/keys`])
    expect(state.init?.redirect).toBe('error')
  })

  it('never turns an unlisted tenant into a request', async () => {
    const { state, store } = endpoint(good('a'))
    expect(await store.find(ids.stranger, 'a')).toBeNull()
    expect(await store.find('../evil', 'a')).toBeNull()
    expect(state.urls).toEqual([])
    expect((await store.find(null, 'a'))?.kid).toBe('a')
    expect(state.urls).toEqual([`https://login.microsoftonline.com/${ids.home}/discovery/v2.0/keys`])
  })

  it('knows no keys for strangers during an outage', async () => {
    const { store } = endpoint(outage)
    expect(await store.find(null, 'a')).toBeNull()
  })

  it.each<[string, Answer]>([
    ['an error', outage],
    ['a network failure', () => Promise.reject(new TypeError('fetch failed'))],
    ['an endpoint that hangs', () => new Promise((_, reject) => setTimeout(() => reject(new Error('timeout')), 60))],
    ['an HTML page', () => new Response('<html>', { status: 200 })],
    ['an empty set', () => Response.json({ keys: [] })],
    ['5 MB of junk', () => Response.json({ keys: [jwk('junk', { x: 'x'.repeat(5_000_000) })] })],
    ['too many keys', () => Response.json({ keys: Array.from({ length: 101 }, (_, n) => jwk(`k${n}`)) })],
  ])('keeps what it has through %s, for a day', async (_title, answer) => {
    const { state, find } = endpoint(good('a'))
    await find()
    state.answer = answer
    state.now += 2 * hour
    expect((await Promise.all(Array.from({ length: 20 }, () => find()))).every((key) => key?.kid === 'a')).toBe(true)
    expect(state.urls).toHaveLength(2)
    state.now += 22 * hour
    expect(await codeOf(find())).toBe('keys_unavailable')
  })

  it('answers keys_unavailable where keys were never had, and asks again after ten seconds', async () => {
    const { state, find } = endpoint(outage)
    expect(await codeOf(find())).toBe('keys_unavailable')
    expect(await codeOf(find())).toBe('keys_unavailable')
    expect(state.urls).toHaveLength(1)
    state.answer = good('a')
    state.now += 10_000
    expect((await find())?.kid).toBe('a')
  })

  it('asks for an unknown kid at most every five minutes, failures included', async () => {
    const { state, find } = endpoint(good('a'))
    await find()
    for (let n = 0; n < 20; n++) expect(await find('new')).toBeNull()
    expect(state.urls).toHaveLength(1)
    state.answer = outage
    state.now += 5 * minute
    for (let n = 0; n < 20; n++) expect(await find('new')).toBeNull()
    expect(state.urls).toHaveLength(2)
    state.answer = good('a', 'new')
    state.now += 5 * minute
    expect((await find('new'))?.kid).toBe('new')
  })

  it('drops a withdrawn key at the hourly refresh', async () => {
    const { state, find } = endpoint(good('a', 'b'))
    expect((await find('b'))?.kid).toBe('b')
    state.answer = good('a')
    state.now += hour
    expect(await find('b')).toBeNull()
  })

  const small = jwkOf(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey)
  it.each<[string, Record<string, unknown>]>([
    ['of 1024 bits', small],
    ['for encryption', { use: 'enc' }],
    ['for another algorithm', { alg: 'RS512' }],
    ['of another type', { kty: 'EC' }],
    ['with exponent 1', { e: 'AQ' }],
    ['without kid', { kid: undefined }],
    [
      'padded with zeros',
      { n: Buffer.concat([Buffer.alloc(128), Buffer.from(small.n, 'base64url')]).toString('base64url') },
    ],
  ])('takes no key %s', async (_title, changes) => {
    const { find } = endpoint(() => Response.json({ keys: [jwk('weak', changes), jwk('a')] }))
    expect(await find('weak')).toBeNull()
    expect((await find())?.kid).toBe('a')
  })
})

describe('signature check', () => {
  it('holds for RS256 under the key and for nothing else', async () => {
    const key = await endpoint(good('a')).find()
    expect(await checkSignature(mint(), key!)).toBe(true)
    expect(await checkSignature(mint({ key: keys.stranger.privateKey }), key!)).toBe(false)
    expect(await checkSignature(mint({ header: { alg: 'RS512' }, hash: 'RSA-SHA512' }), key!)).toBe(false)
  })
})
