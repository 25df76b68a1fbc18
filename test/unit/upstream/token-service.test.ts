import { describe, expect, it } from 'vitest'
import { defineBackend, type TokenServiceName } from '../../../shared/backend/define.ts'
import { Problem } from '../../../shared/errors/problem.ts'
import type { Executor, UpstreamAnswer, UpstreamCall } from '../../../shared/pipeline/ports.ts'
import { signAws } from '../../../shared/upstream/aws-signature.ts'
import { createAwsTokens } from '../../../shared/upstream/aws-token.ts'
import { createGoogleTokens } from '../../../shared/upstream/google-token.ts'
import { createSapTokens } from '../../../shared/upstream/saml-bearer.ts'
import { createSalesforceTokens } from '../../../shared/upstream/token-salesforce.ts'
import { keepTokens, type TokenService, withTokenService } from '../../../shared/upstream/token-service.ts'
import type { TokenParts } from '../../../shared/upstream/token-settings.ts'
import { parseXml } from '../../../shared/upstream/xml-reader.ts'
import { aws } from '../../support/foreign-aws.ts'
import { alice, bob, entraToken, exchanged, type Person, principalOf } from '../../support/foreign-people.ts'
import { makeAssertion } from '../../support/foreign-saml.ts'
import { audiences, createForeignServices, type Fault, secrets } from '../../support/foreign-services.ts'
import { makeCall, makeOperation, principal } from './calls.ts'

const noon = Date.UTC(2026, 10, 22, 12)
const hour = 3_600_000

const values = {
  google: { pool: 'people', provider: 'entra', userProject: 'quota-1' },
  salesforce: { clientId: 'countersign-client-app-1', clientSecretName: 'backend-salesforce' },
  sap: { clientId: 'COUNTERSIGN', clientSecretName: 'backend-sap' },
  aws: { ...aws, identityCenterApplication: aws.application },
}
const endpoints: Readonly<Record<TokenServiceName, Readonly<Record<string, string>>>> = {
  google: { tokens: 'https://sts.googleapis.com' },
  salesforce: { tokens: 'https://acme.my.salesforce.com' },
  sap: { tokens: 'https://sap.example' },
  aws: { identityCenter: 'https://oidc.eu-central-1.amazonaws.com', sts: 'https://sts.eu-central-1.amazonaws.com' },
}
const names = ['google', 'salesforce', 'sap', 'aws'] as const
const operation = makeOperation({ technology: 'rest', method: 'GET', path: '/' })
const recipient = 'https://sap.example/sap/bc/sec/oauth2/token'

function valueFor(name: TokenServiceName, person: Person, key = 'entra'): string {
  if (name === 'sap') return makeAssertion(person, { audience: audiences.sap, recipient, expires: noon + hour, key })
  return entraToken(person, name === 'aws' ? aws.audience : audiences[name], { key })
}

/** A gateway's end of one service, with the stand-in of that service and an executor that says what it was called with. */
function stage(name: TokenServiceName, more: { readonly deadlineMs?: number } = {}) {
  const clock = { now: noon }
  const now = () => clock.now
  const foreign = createForeignServices(now)
  const settingsFor = () => ({ values: values[name], endpoint: (at: string) => endpoints[name][at] })
  const secret = async (of: string) => secrets[of] ?? Promise.reject(new Error('no such secret'))
  const parts: TokenParts = { fetch: foreign.fetch, clock: now, settingsFor, secret }
  const own = { parseXml, ownToken: async () => 'managed-identity-token' }
  const sign = (...[request, session]: [Parameters<typeof signAws>[0], Parameters<typeof signAws>[1]]) =>
    signAws(request, session, now())
  const services: Readonly<Record<TokenServiceName, () => TokenService>> = {
    google: () => createGoogleTokens(parts),
    salesforce: () => createSalesforceTokens(parts),
    sap: () => createSapTokens(parts),
    aws: () => createAwsTokens({ ...parts, ...own, sign }),
  }
  const called: UpstreamCall[] = []
  const executor: Executor = {
    call: async (call) => {
      called.push(call)
      return {} as UpstreamAnswer
    },
    close: async () => undefined,
  }
  const wrapped = withTokenService(executor, keepTokens(services[name](), { clock: now, ...more }))
  const backend = { name: name === 'aws' ? 'aws-athena' : 'foreign', tokenService: name }
  const tokens = new Map<Person, ReturnType<typeof exchanged>>()
  const callAs = async (person: Person, value?: string, expiresAt = noon + hour) => {
    const known = tokens.get(person)
    const token =
      value === undefined && known !== undefined ? known : exchanged(person, value ?? valueFor(name, person), expiresAt)
    tokens.set(person, token)
    const call = makeCall({ operation, backend, token, principal: { ...principal, ...principalOf(person) } })
    await wrapped.call(call)
    return called.at(-1)!.token
  }
  return { clock, callAs, called, wrapped, tokens, ...foreign, foreign: foreign.world }
}

async function problemOf(work: Promise<unknown>): Promise<Problem> {
  const error: unknown = await work.catch((reason: unknown) => reason)
  if (error instanceof Problem) return error
  throw new Error('there was no Problem', { cause: error })
}

/** Whose a foreign token is, as the stand-in that made it knows. */
function ownerOf(name: TokenServiceName, value: string, { aws: account }: ReturnType<typeof createForeignServices>) {
  if (name !== 'aws') return value.replace(/^\w+?-/, '')
  const { accessKeyId } = JSON.parse(Buffer.from(value, 'base64url').toString()) as { accessKeyId: string }
  return account.state.sessions.get(accessKeyId)?.person?.oid
}

const unavailable = 'exchange_unavailable'
const busy = new Response('', { status: 429, headers: { 'retry-after': '7' } })
const unknown = Response.json({ error: 'invalid_client' }, { status: 401 })
const faults: readonly { readonly what: string; readonly fault: Fault; readonly code: string; readonly why: string }[] =
  [
    { what: 'is down', fault: 'down', code: unavailable, why: 'token_service_unreachable' },
    { what: 'says too much', fault: 'huge', code: unavailable, why: 'token_service_too_large' },
    { what: 'is busy', fault: busy, code: unavailable, why: 'token_service_status_429' },
    { what: 'fails', fault: new Response('', { status: 503 }), code: unavailable, why: 'token_service_status_503' },
    { what: 'does not know us', fault: unknown, code: 'identity_configuration', why: 'token_service_status_401' },
    { what: 'makes no sense', fault: new Response('<html>'), code: unavailable, why: 'token_service_answer' },
    { what: 'gives an empty answer', fault: Response.json({}), code: unavailable, why: 'token_service_' },
  ]

describe.each(names)('the token service of %s', (name) => {
  it('gives each person a token of their own, and their calls nobody else’s', async () => {
    const made = stage(name)
    const [hers, his, again] = [await made.callAs(alice), await made.callAs(bob), await made.callAs(alice)]
    expect(ownerOf(name, hers.value, made)).toBe(alice.oid)
    expect(ownerOf(name, his.value, made)).toBe(bob.oid)
    expect(again).toBe(hers)
    expect(made.called.map(({ token }) => [token.oid, token.tid])).toEqual(
      made.called.map(({ principal: who }) => [who.oid, who.tid]),
    )
  })

  it('never hands on the token that Entra issued', async () => {
    const made = stage(name)
    await made.callAs(alice)
    expect(made.called[0]!.token.value).not.toContain(made.tokens.get(alice)!.value)
  })

  it('refuses a token that somebody else signed', async () => {
    const made = stage(name)
    expect(await problemOf(made.callAs(alice, valueFor(name, alice, 'stranger')))).toMatchObject({
      code: 'access_denied',
      reason: 'not_called:token_service_refused',
    })
    expect(made.called).toEqual([])
  })

  it('refuses a token that was meant for another system', async () => {
    const made = stage(name)
    const problem = await problemOf(made.callAs(alice, entraToken(alice, 'api://another')))
    expect(problem.code).toBe('access_denied')
  })

  it.each(faults)('calls nothing where it $what', async ({ fault, code, why }) => {
    const made = stage(name)
    made.foreign.fault = fault
    const problem = await problemOf(made.callAs(alice))
    expect(problem).toMatchObject({ code, reason: expect.stringMatching(new RegExp(`^not_called:${why}`)) })
    expect(made.called).toEqual([])
    made.foreign.fault = null
    await expect(made.callAs(alice)).resolves.toMatchObject({ oid: alice.oid })
  })

  it('says how long to wait where it was told', async () => {
    const made = stage(name)
    made.foreign.fault = busy
    expect((await problemOf(made.callAs(alice))).members.retryAfter).toBe(7)
  })

  it('is not waited for without end', async () => {
    const made = stage(name, { deadlineMs: 20 })
    made.foreign.fault = 'hang'
    expect((await problemOf(made.callAs(alice))).code).toBe('exchange_unavailable')
  })

  it('makes no token that outlives the one of Entra', async () => {
    const made = stage(name)
    const soon = noon + 200_000
    expect((await made.callAs(alice, undefined, soon)).expiresAt).toBe(soon)
    made.clock.now = noon + 150_000
    const asked = made.foreign.asked.length
    await made.callAs(alice)
    expect(made.foreign.asked.length).toBeGreaterThan(asked)
  })

  it('is asked again with a token that was exchanged anew, as after a purge', async () => {
    const made = stage(name)
    const first = await made.callAs(alice)
    const second = await made.callAs(alice, valueFor(name, alice))
    expect(second).not.toBe(first)
  })

  it('is asked once by calls at the same time', async () => {
    const one = stage(name)
    await one.callAs(alice)
    const many = stage(name)
    many.tokens.set(alice, exchanged(alice, valueFor(name, alice), noon + hour))
    await Promise.all(Array.from({ length: 8 }, () => many.callAs(alice)))
    expect(many.foreign.asked.length).toBe(one.foreign.asked.length)
  })
})

describe('tokens of foreign systems', () => {
  it('are not made of a token that is another person’s', async () => {
    const made = stage('google')
    const token = exchanged(bob, valueFor('google', bob), noon + hour)
    const call = makeCall({ operation, token, principal: { ...principal, ...principalOf(alice) } })
    expect((await problemOf(made.wrapped.call(call))).code).toBe('identity_mismatch')
    expect(made.foreign.asked).toEqual([])
  })

  it('are refused where Salesforce made somebody else of the person', async () => {
    const made = stage('salesforce')
    made.foreign.as = () => bob
    expect(await problemOf(made.callAs(alice))).toMatchObject({
      code: 'identity_mismatch',
      reason: 'not_called:salesforce_user',
    })
    expect(made.called).toEqual([])
  })

  it('are refused where AWS gave no context of the person, since the role would be shared', async () => {
    const made = stage('aws')
    made.aws.state.noContext = true
    expect((await problemOf(made.callAs(alice))).code).toBe('exchange_unavailable')
    expect(made.aws.state.calls).not.toContain('AssumeRole')
    expect(made.called).toEqual([])
  })

  it.each([
    ['another role', () => `arn:aws:sts::123456789012:assumed-role/admins/${alice.oid}`],
    ['another account', () => `arn:aws:sts::999999999999:assumed-role/analysts/${alice.oid}`],
    ['another person', () => `arn:aws:sts::123456789012:assumed-role/analysts/${bob.oid}`],
  ])('are refused where AWS opened a session of %s', async (_what, arnOf) => {
    const made = stage('aws')
    made.aws.state.arnOf = arnOf
    expect(await problemOf(made.callAs(alice))).toMatchObject({
      code: 'identity_mismatch',
      reason: 'not_called:aws_session',
    })
  })

  it('take the gateway’s own credentials for the exchange alone, and once for many people', async () => {
    const made = stage('aws')
    await made.callAs(alice)
    await made.callAs(bob)
    const each = ['CreateTokenWithIAM', 'AssumeRole', 'GetCallerIdentity']
    expect(made.aws.state.calls).toEqual(['AssumeRoleWithWebIdentity', ...each, ...each])
    const roles = made.called.map(({ token }) => {
      const { accessKeyId } = JSON.parse(Buffer.from(token.value, 'base64url').toString()) as { accessKeyId: string }
      return made.aws.state.sessions.get(accessKeyId)?.role
    })
    expect(roles).toEqual([aws.personRole, aws.personRole])
  })
})

describe('a declared token service', () => {
  it('is one of those that there are', () => {
    const none = { public: [], usgov: [], china: [] }
    const declared = names.map((tokenService) =>
      defineBackend({ name: 'x', title: 'X', scope: 'configured', hostSuffixes: none, tokenService, operations: {} }),
    )
    expect(declared.map(({ tokenService }) => tokenService)).toEqual(names)
  })
})
