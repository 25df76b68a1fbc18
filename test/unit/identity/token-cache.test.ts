import { describe, expect, it } from 'vitest'
import type { Assertion, ExchangedToken, Principal } from '../../../shared/identity/principal.ts'
import { createTokenCache, type TokenWish } from '../../../shared/identity/token-cache.ts'
import { ids, noon } from '../../support/tokens.ts'

const minute = 60_000
const scope = 'api://backend/.default'

function wishOf(changes: Partial<Principal> = {}, more: Partial<TokenWish> = {}): TokenWish {
  const principal = {
    tid: ids.home,
    oid: ids.alice,
    actor: ids.agent,
    expiresAt: noon / 1000 + 7200,
    ...changes,
  } as Principal
  return { principal, assertion: { value: 'assertion' } as Assertion, scope, ...more }
}

function tokenFor({ principal, scope }: TokenWish, life = 120 * minute): ExchangedToken {
  return { value: 't', tid: principal.tid, oid: principal.oid, scope, expiresAt: noon + life } as ExchangedToken
}

function stage(maxTokens = 100) {
  const clock = { now: noon }
  const cache = createTokenCache({ clientId: ids.api, pepper: new Uint8Array(32), now: () => clock.now, maxTokens })
  const state = { loads: 0 }
  const take = (wish: TokenWish, token = tokenFor(wish)) =>
    cache.take(wish, async () => {
      state.loads++
      return token
    })
  return { clock, cache, state, take }
}

describe('token cache', () => {
  it.each<[string, number, Partial<Principal>, number]>([
    ["five minutes before the token's end", 30 * minute, {}, 25 * minute],
    ['after an hour', 28 * 60 * minute, { expiresAt: noon / 1000 + 86_400 }, 60 * minute],
    ["at the caller's own end", 120 * minute, { expiresAt: noon / 1000 + 600 }, 10 * minute],
  ])('lets go of a token %s', async (...[, life, principal, held]) => {
    const { clock, state, take } = stage()
    const wish = wishOf(principal)
    await take(wish, tokenFor(wish, life))
    clock.now = noon + held - 1
    await take(wish)
    expect(state.loads).toBe(1)
    clock.now = noon + held
    await take(wish)
    expect(state.loads).toBe(2)
  })

  it.each<[string, TokenWish]>([
    ['person', wishOf({ oid: ids.bob })],
    ['tenant', wishOf({ tid: ids.second })],
    ['actor', wishOf({ actor: ids.console })],
    ['assertion', wishOf({}, { assertion: { value: 'other' } as Assertion })],
    ['scope', wishOf({}, { scope: 'api://other/.default' })],
  ])("never serves another %s's token", async (_title, other) => {
    const { state, take } = stage()
    await take(wishOf())
    await take(other)
    expect(state.loads).toBe(2)
  })

  it("refuses a load that brings somebody else's token, and keeps nothing of it", async () => {
    const { cache, take } = stage()
    await expect(take(wishOf(), tokenFor(wishOf({ oid: ids.bob })))).rejects.toMatchObject({
      code: 'internal',
      reason: 'token_cache_owner_mismatch',
    })
    expect(cache.size()).toBe(0)
  })

  it('stays within its bound and keeps what was used last', async () => {
    const { cache, state, take } = stage(2)
    const [a, b, c] = ['a', 'b', 'c'].map((name) => wishOf({}, { scope: name })) as [TokenWish, TokenWish, TokenWish]
    await take(a)
    await take(b)
    await take(a)
    await take(c)
    expect(cache.size()).toBe(2)
    await take(a)
    expect(state.loads).toBe(3)
    await take(b)
    expect(state.loads).toBe(4)
  })

  it('keeps a failure for nobody', async () => {
    const { cache, state, take } = stage()
    await expect(cache.take(wishOf(), async () => Promise.reject(new Error('down')))).rejects.toThrow('down')
    await take(wishOf())
    expect(state.loads).toBe(1)
  })

  it('purges one person and nobody else', async () => {
    const { cache, state, take } = stage()
    await take(wishOf())
    await take(wishOf({}, { scope: 'api://other/.default' }))
    await take(wishOf({ oid: ids.bob }))
    cache.purge(ids.home, ids.alice)
    expect(cache.size()).toBe(1)
    await take(wishOf({ oid: ids.bob }))
    expect(state.loads).toBe(3)
  })

  it('keeps no token whose load began before the purge', async () => {
    const { cache } = stage()
    let finish: (token: ExchangedToken) => void = () => undefined
    const taken = cache.take(wishOf(), () => new Promise((resolve) => (finish = resolve)))
    cache.purge(ids.home, ids.alice)
    finish(tokenFor(wishOf()))
    await taken
    expect(cache.size()).toBe(0)
  })
})
