import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { Problem } from '../../shared/errors/problem.ts'
import type { TokenRequest } from '../../shared/identity/authorization.ts'
import { type Bench, type BenchRouteName, benchKeys, createBench } from '../support/hostile/bench.ts'
import { createForge } from '../support/hostile/forge.ts'
import { bearer } from '../support/hostile/row.ts'
import { ids, keyLookup, keys, mint, noon, testVerifier } from '../support/tokens.ts'

const good = mint()

function bearerOf(token: string): TokenRequest {
  return { authorization: [`Bearer ${token}`] }
}

async function refusalOf(request: TokenRequest, verifier = testVerifier()): Promise<Problem> {
  const failure: unknown = await verifier.verify(request).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(Problem)
  return failure as Problem
}

describe('rule of verification', () => {
  it('asks for keys of listed tenants only', async () => {
    const asked: (string | null)[] = []
    const strange = { tid: ids.stranger, iss: `https://login.microsoftonline.com/${ids.stranger}/v2.0` }
    const verifier = testVerifier({}, keyLookup(asked))
    expect((await refusalOf(bearerOf(mint({ claims: strange })), verifier)).code).toBe('tenant_not_allowed')
    await verifier.verify(bearerOf(good))
    expect(asked).toEqual([null, ids.home])
  })

  it('does not say whether a tenant is listed to somebody without a signature', async () => {
    const forged = mint({ claims: { tid: ids.stranger }, key: keys.stranger.privateKey })
    expect((await refusalOf(bearerOf(forged))).code).toBe('token_invalid')
  })

  it('lets nobody in where the lists are empty', async () => {
    expect((await refusalOf(bearerOf(good), testVerifier({ tenants: [] }))).code).toBe('tenant_not_allowed')
    expect((await refusalOf(bearerOf(good), testVerifier({ allowedActors: [] }))).code).toBe('actor_not_allowed')
  })

  it('looks at the list of stolen tokens at each call', async () => {
    const denied = new Set<string>()
    const verifier = testVerifier({ deniedTokenIds: denied })
    await verifier.verify(bearerOf(good))
    denied.add('token-1')
    expect((await refusalOf(bearerOf(good), verifier)).reason).toBe('token_revoked')
  })
})

describe('brake', () => {
  const forge = createForge({ now: () => Date.now() / 1000, keys: benchKeys })
  const bad = () => bearer(forge.mint({ key: benchKeys.stranger }))
  const honest = () => bearer(forge.mint())
  let bench: Bench
  const ask = async (sent: ReturnType<typeof bad>, route?: BenchRouteName, address?: string) => {
    const { code, headers } = await bench.ask(sent, route, address)
    return [code, headers['retry-after']]
  }

  beforeAll(() => void vi.useFakeTimers({ toFake: ['Date'], now: noon }))
  beforeEach(() => {
    bench = createBench({ COUNTERSIGN_FAILED_TOKENS_PER_MINUTE: '3' })
  })
  afterAll(() => void vi.useRealTimers())

  it.each(['call', 'operations', 'explain', 'approvals', 'decide', 'mcp'] as const)(
    'holds whoever sent too many refused tokens to %s, for a minute',
    async (route) => {
      for (let turn = 0; turn < 3; turn += 1) expect((await ask(bad(), route))[0]).toBe('token_invalid')
      vi.setSystemTime(Date.now() + 20_000)
      expect(await ask(bad(), route)).toEqual(['quota_exceeded', '40'])
      expect(await ask(honest(), route)).toEqual(['quota_exceeded', '40'])
      expect((await ask(honest(), 'call', '192.0.2.2'))[0]).toBeNull()
      vi.setSystemTime(Date.now() + 40_000)
      expect((await ask(honest(), 'call'))[0]).toBeNull()
    },
  )

  it('counts requests without a token too, and never one that passed', async () => {
    for (let turn = 0; turn < 9; turn += 1) expect((await ask(honest()))[0]).toBeNull()
    for (let turn = 0; turn < 3; turn += 1) expect((await ask({ authorization: [] }))[0]).toBe('token_missing')
    expect((await ask(honest()))[0]).toBe('quota_exceeded')
  })
})
