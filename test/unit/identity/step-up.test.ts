import { describe, expect, it } from 'vitest'
import { readBackendChallenge } from '../../../shared/identity/backend-challenge.ts'
import { createChallengeMemory } from '../../../shared/identity/challenge-memory.ts'
import { isAlreadyMet, readClaimsRequest } from '../../../shared/identity/claims-request.ts'
import { demandClaims, demandContext } from '../../../shared/identity/step-up.ts'
import table from '../../support/hostile-tokens.json' with { type: 'json' }
import { type Claims, mint, noon, testVerifier, verifierSettings } from '../../support/tokens.ts'

const settings = verifierSettings
const capolids = JSON.stringify({ access_token: { capolids: { essential: true, values: ['x'] } } })

async function principalOf(claims: Claims) {
  return (await testVerifier().verify({ authorization: [`Bearer ${mint({ claims })}`] })).principal
}

describe('step-up', () => {
  it.each([
    ['S01', { xms_cc: ['cp1'] }],
    ['S02', {}],
    ['S04', { xms_cc: ['CP1'] }],
  ])('%s is answered as the table says', async (id, claims) => {
    const row = table.cases.find((one) => one.id === id)!
    const problem = demandContext(await principalOf(claims), 'c1', { settings })
    expect(problem).toMatchObject({ status: row.status, code: row.code, reason: row.reason })
    expect(problem?.members.challenge ?? null).toBe(row.challenge)
  })

  it('asks nothing of who has met the context', async () => {
    expect(demandContext(await principalOf({ acrs: ['c1'] }), 'c1', { settings })).toBeNull()
  })

  it.each<[string, Claims]>([
    ['an application', { scp: undefined, idtyp: 'app', xms_cc: ['cp1'] }],
    ["an agent's user", { xms_sub_fct: '13', xms_cc: ['cp1'] }],
  ])('asks no challenge of %s', async (_title, claims) => {
    expect(demandContext(await principalOf(claims), 'c1', { settings })).toMatchObject({
      code: 'step_up_unsupported',
      reason: 'no_person_to_ask',
    })
  })

  it.each<[string, Claims, unknown, boolean]>([
    ['context met', { acrs: ['c1'] }, { acrs: { essential: true, value: 'c1' } }, true],
    ['context not met', { acrs: ['c2'] }, { acrs: { essential: true, value: 'c1' } }, false],
    ['one of several contexts met', { acrs: ['c2'] }, { acrs: { values: ['c1', 'c2'] } }, true],
    ['issued after the time asked', {}, { nbf: { value: String(noon / 1000 - 400) } }, true],
    ['issued before the time asked', {}, { nbf: { value: String(noon / 1000) } }, false],
    ['a time that is none', {}, { nbf: { value: '' } }, false],
    ['one met and one not', { acrs: ['c1'] }, { acrs: { value: 'c1' }, nbf: { value: '9999999999' } }, false],
    ['claims that the token cannot show', {}, { capolids: { values: ['x'] } }, false],
    ['nothing asked', {}, {}, false],
  ])('knows what is met already: %s', async (...[, claims, asked, met]) => {
    expect(isAlreadyMet(JSON.stringify({ access_token: asked }), await principalOf(claims))).toBe(met)
  })

  it('answers a challenge that the token has met with 403 and a next step', async () => {
    const principal = await principalOf({ acrs: ['c1'], xms_cc: ['cp1'] })
    const claims = JSON.stringify({ access_token: { acrs: { essential: true, value: 'c1' } } })
    const problem = demandClaims({ principal, claims, reason: 'sts_claims' }, { settings })
    expect(problem).toMatchObject({ status: 403, code: 'access_denied', reason: 'claims_not_met' })
    expect(problem.members.next).toEqual({ action: 'stop' })
  })

  it('asks for the same claims again only while the token is the old one', async () => {
    let now = noon
    const memory = createChallengeMemory(() => now)
    const ask = async (claims: Claims) => {
      const principal = await principalOf({ xms_cc: ['cp1'], ...claims })
      return demandClaims({ principal, claims: capolids, reason: 'sts_claims' }, { settings, memory }).code
    }
    const fresh = { iat: noon / 1000 - 240 }
    expect(await ask({})).toBe('claims_challenge')
    expect(await ask({})).toBe('claims_challenge')
    expect(await ask(fresh)).toBe('access_denied')
    expect(await ask({ ...fresh, azp: verifierSettings.consoleClientId })).toBe('claims_challenge')
    now += 601_000
    expect(await ask(fresh)).toBe('claims_challenge')
  })

  it('remembers a bounded number of challenges', async () => {
    const memory = createChallengeMemory(() => noon, 1)
    const [old, fresh] = [await principalOf({}), await principalOf({ iat: noon / 1000 - 240 })]
    expect(memory.isRepeated(old, 'one')).toBe(false)
    expect(memory.isRepeated({ ...old, oid: 'a0000000-0000-4000-8000-0000000000ff' }, 'one')).toBe(false)
    expect(memory.isRepeated(fresh, 'one')).toBe(false)
  })

  it('remembers a bounded number of challenges of one principal', async () => {
    const memory = createChallengeMemory(() => noon)
    const [old, fresh] = [await principalOf({}), await principalOf({ iat: noon / 1000 - 240 })]
    for (let each = 0; each < 9; each += 1) expect(memory.isRepeated(old, `claims ${each}`)).toBe(false)
    expect(memory.isRepeated(fresh, 'claims 8')).toBe(true)
    expect(memory.isRepeated(fresh, 'claims 0')).toBe(false)
  })

  it('forgets what was brought, so that the next challenge is a first one', async () => {
    const memory = createChallengeMemory(() => noon)
    const [old, fresh] = [await principalOf({}), await principalOf({ iat: noon / 1000 - 240 })]
    expect(memory.isRepeated(old, 'one')).toBe(false)
    memory.settle(fresh)
    expect(memory.isRepeated(fresh, 'one')).toBe(false)
  })
})

const nbf = '{"access_token":{"nbf":{"essential":true, "value":"1604106651"}}}'
const encoded = Buffer.from(nbf).toString('base64')

function challenge(claims: string): string {
  return `Bearer realm="", error="insufficient_claims", claims="${claims}"`
}

describe("backend's challenge", () => {
  it.each([
    [
      "Microsoft's sample",
      `Bearer authorization_uri="https://login.windows.net/common/oauth2/authorize", error="insufficient_claims", claims="${encoded}"`,
    ],
    ['commas and quotes in a string', `Bearer realm="a, \\"b\\"", error="insufficient_claims", claims="${encoded}"`],
    ['another scheme before it', `Negotiate, Basic realm="x", Bearer error="insufficient_claims", claims="${encoded}"`],
    ['names in another case', `bearer Error="insufficient_claims", CLAIMS="${encoded}"`],
    ['a bare value with padding', `Bearer error=insufficient_claims, claims=${encoded}`],
  ])('gives its claims: %s', (_title, header) => {
    expect(encoded).toMatch(/=$/)
    expect(readBackendChallenge(header)).toBe(nbf)
  })

  it.each<[string, string | null]>([
    ['none', null],
    ['R08: an authorization_uri of its own', 'Bearer authorization_uri="https://evil.example/", error="invalid_token"'],
    ['no error', `Bearer claims="${encoded}"`],
    ['another scheme', `Basic error="insufficient_claims", claims="${encoded}"`],
    ['D06: no JSON', challenge(Buffer.from('x').toString('base64'))],
    ['D06: 1 MB', challenge('A'.repeat(1_000_000))],
    ['D06: over 8 KiB', challenge(Buffer.from(`{"access_token":{"x":"${'x'.repeat(8200)}"}}`).toString('base64'))],
    ['D06: an unknown section', challenge(Buffer.from('{"access_token":{},"client":{}}').toString('base64'))],
    ['a section that is no object', challenge(Buffer.from('{"access_token":[1]}').toString('base64'))],
    ['a section twice', challenge(Buffer.from('{"access_token":{},"access_token":{}}').toString('base64'))],
    ['a list', challenge(Buffer.from('[]').toString('base64'))],
    ['nothing asked', challenge(Buffer.from('{}').toString('base64'))],
    ['no base64', challenge('{"access_token":{}}')],
    ['a second value appended', `${challenge('e30')}, claims="${encoded}"`],
    ['an open quote', 'Bearer error="insufficient_claims", claims="'],
  ])('is ignored: %s', (_title, header) => {
    expect(readBackendChallenge(header)).toBeUndefined()
  })

  it('is read in linear time', () => {
    const started = performance.now()
    readBackendChallenge(`Bearer ${'a="\\'.repeat(8000)}`)
    readBackendChallenge('a '.repeat(16_000))
    readBackendChallenge(`Bearer${' ,'.repeat(16_000)}`)
    expect(performance.now() - started).toBeLessThan(500)
  })

  it('leaves sound requests as they are', () => {
    expect(readClaimsRequest(capolids)).toBe(capolids)
  })
})
