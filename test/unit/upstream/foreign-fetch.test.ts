import { describe, expect, it } from 'vitest'
import { selectConfigured } from '../../../shared/backend/configured.ts'
import { createExchange } from '../../../shared/identity/entra-exchange.ts'
import { readAssertion } from '../../../shared/identity/saml-assertion.ts'
import type { Json } from '../../../shared/pipeline/ports.ts'
import { packSession } from '../../../shared/upstream/aws-credentials.ts'
import { createAwsFetch } from '../../../shared/upstream/aws-fetch.ts'
import { assertPlain } from '../../../shared/upstream/aws-plain.ts'
import { signAws } from '../../../shared/upstream/aws-signature.ts'
import { createSapFetch } from '../../../shared/upstream/saml-fetch.ts'
import { aws, createAws } from '../../support/foreign-aws.ts'
import { alice, bob, tid } from '../../support/foreign-people.ts'
import { makeAssertion } from '../../support/foreign-saml.ts'
import { loadFunctions } from '../../support/line-declarations.ts'
import { mint, testVerifier, verifierSettings } from '../../support/tokens.ts'
import { makeCall, makeOperation, problemOf } from './calls.ts'

const backends = await loadFunctions()
const hour = 3_600_000
const parts = { audience: 'https://sap.example', recipient: 'https://sap.example/token', expires: Date.now() + hour }
const saml2 = 'urn:ietf:params:oauth:token-type:saml2'

describe('the exchange for a SAML assertion', () => {
  const exchangeWith = (body: object) => {
    const forms: URLSearchParams[] = []
    const { exchange } = createExchange({
      settings: verifierSettings,
      clientAssertion: async () => 'client-assertion',
      pepper: new Uint8Array(32),
      fetch: async (_url, init) => {
        forms.push(new URLSearchParams(String(init?.body)))
        return Response.json(body)
      },
    })
    return { exchange, forms }
  }
  const wishOf = async () => {
    const verified = await testVerifier().verify({ authorization: [`Bearer ${mint({ claims: { xms_cc: ['cp1'] } })}`] })
    const principal = { ...verified.principal, expiresAt: Date.now() / 1000 + 7200 }
    const scope = 'https://sap.example/.default'
    return { ...verified, principal, scope, form: 'saml2' as const, correlationId: '0af7651916cd43dd8448eb211c80319c' }
  }
  const answer = (value: string) => ({ token_type: 'Bearer', access_token: value, issued_token_type: saml2 })

  it('asks on behalf of the person for that kind of token, and gives it as it came', async () => {
    const value = makeAssertion(alice, parts)
    const { exchange, forms } = exchangeWith(answer(value))
    const wish = await wishOf()
    expect(await exchange(wish)).toMatchObject({ value, tid, oid: alice.oid })
    expect(Object.fromEntries(forms[0]!)).toMatchObject({
      requested_token_use: 'on_behalf_of',
      requested_token_type: saml2,
      assertion: wish.assertion.value,
      scope: wish.scope,
      client_assertion: 'client-assertion',
    })
  })

  it.each([
    ['about somebody else', makeAssertion(bob, parts), 'internal'],
    ['of another tenant', makeAssertion(alice, { ...parts, tenant: tid.replace('1111', '2222') }), 'internal'],
    ['that is none', 'x'.repeat(200), 'exchange_unavailable'],
  ])('refuses an assertion %s', async (_what, value, code) => {
    const { exchange } = exchangeWith(answer(value))
    await expect(exchange(await wishOf())).rejects.toMatchObject({ code })
  })

  it('refuses an access token in its place', async () => {
    const { exchange } = exchangeWith({ ...answer(makeAssertion(alice, parts)), issued_token_type: 'jwt' })
    await expect(exchange(await wishOf())).rejects.toMatchObject({ code: 'exchange_unavailable' })
  })

  it.each([
    ['a comment', (xml: string) => xml.replace('<Subject>', '<!-- x --><Subject>')],
    [
      'a second object id',
      (xml: string) => xml.replace(/<Attribute Name="[^"]+objectidentifier".*?<\/Attribute>/, '$&$&'),
    ],
    ['no end', (xml: string) => xml.replace(/<Conditions[^>]*>/, '<Conditions>')],
  ])('reads nothing from an assertion with %s', (_what, change) => {
    const xml = Buffer.from(makeAssertion(alice, parts), 'base64url').toString()
    expect(readAssertion(Buffer.from(change(xml)).toString('base64url'))).toBeNull()
  })
})

describe('requests to AWS', () => {
  const now = Date.now()
  const account = createAws(() => now)
  const own = { id: 'ASIA1', secret: 'secret', token: 'session', role: aws.personRole, name: alice.oid, person: alice }
  account.state.sessions.set(own.id, own)
  const credentials = {
    accessKeyId: own.id,
    secretAccessKey: own.secret,
    sessionToken: own.token,
    expiresAt: now + hour,
  }
  const sent: { url: string; headers: Headers; body: string }[] = []
  const fetchAt = (service: string, answer: () => Response) => {
    const fetch = createAwsFetch(
      async (input, init) => {
        sent.push({ url: String(input), headers: new Headers(init?.headers), body: String(init?.body ?? '') })
        return answer()
      },
      (request, session) => signAws(request, session, now),
    )
    const bearer = `Bearer ${packSession({ ...credentials, service, region: aws.region })}`
    return (url: string, init: RequestInit = {}) =>
      fetch(url, { ...init, headers: { ...(init.headers as object), authorization: bearer } })
  }
  const signer = (method: string, service: string) => {
    const { url, headers, body } = sent.at(-1)!
    return account.signedBy({ method, url: new URL(url), headers, body }, service)
  }

  it.each([
    ['s3', 'GET', 'https://s3.eu-central-1.amazonaws.com/bucket/a%20b/c%2Bd(1).txt?list-type=2&prefix=a%2Fb'],
    ['s3', 'PUT', 'https://s3.eu-central-1.amazonaws.com/bucket/key'],
    ['athena', 'POST', 'https://athena.eu-central-1.amazonaws.com/'],
  ])('are signed so that %s, computing anew, finds the person’s session (%s)', async (service, method, url) => {
    await fetchAt(service, () => new Response())(url, { method, ...(method === 'GET' ? {} : { body: '{"a":1}' }) })
    expect(signer(method, service)?.person).toBe(alice)
    expect(sent.at(-1)!.headers.get('authorization')).not.toContain('Bearer')
    expect(JSON.stringify([...sent.at(-1)!.headers])).not.toContain(own.secret)
  })

  it('do not hold with another body, another service or another session', async () => {
    await fetchAt('athena', () => new Response())('https://athena.eu-central-1.amazonaws.com/', {
      method: 'POST',
      body: '{}',
    })
    const { url, headers } = sent.at(-1)!
    const request = { method: 'POST', url: new URL(url), headers, body: '{}' }
    expect(account.signedBy({ ...request, body: '{"a":2}' }, 'athena')).toBeNull()
    expect(account.signedBy(request, 's3')).toBeNull()
    const other = new Headers(headers)
    other.set('x-amz-security-token', 'another')
    expect(account.signedBy({ ...request, headers: other }, 'athena')).toBeNull()
  })

  it.each([
    ['AccessDeniedException', 403],
    ['ThrottlingException', 429],
    ['ExpiredTokenException', 401],
    ['ResourceNotFoundException', 404],
    ['InvalidRequestException', 400],
  ])('that end in %s say what that comes to', async (type, status) => {
    const body = JSON.stringify({ __type: `com.amazonaws.athena#${type}`, message: 'secret words' })
    const headers = { 'content-type': 'application/x-amz-json-1.1' }
    const answer = await fetchAt(
      'athena',
      () => new Response(body, { status: 400, headers }),
    )('https://a.amazonaws.com/')
    expect(answer.status).toBe(status)
    expect(await answer.text()).toBe('')
  })
})

describe('writes to SAP', () => {
  const asked: { method: string; url: string; headers: Headers }[] = []
  const fetchWith = (csrf: () => Response) => {
    asked.length = 0
    return createSapFetch(
      async (input, init) => {
        asked.push({ method: init?.method ?? 'GET', url: String(input), headers: new Headers(init?.headers) })
        return asked.length === 1 ? csrf() : new Response('{}', { status: 201 })
      },
      () => 'https://sap.example/service',
    )
  }
  const write = { method: 'POST', headers: { authorization: 'Bearer hers', 'if-match': '"1"' }, body: '{}' }
  const good = () =>
    new Response('', {
      headers: [
        ['x-csrf-token', 'token-1'],
        ['set-cookie', 'SAP=1; path=/'],
        ['set-cookie', 'x=2'],
      ],
    })

  it('take a CSRF token of the same person first, with its cookies', async () => {
    expect((await fetchWith(good)('https://sap.example/service/Set', write)).status).toBe(201)
    expect(asked.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'GET https://sap.example/service/',
      'POST https://sap.example/service/Set',
    ])
    expect(asked[0]!.headers.get('authorization')).toBe('Bearer hers')
    expect(asked[0]!.headers.get('if-match')).toBeNull()
    expect(asked[1]!.headers.get('x-csrf-token')).toBe('token-1')
    expect(asked[1]!.headers.get('cookie')).toBe('SAP=1; x=2')
  })

  it('keep no session: the next one asks again', async () => {
    const fetch = fetchWith(good)
    await fetch('https://sap.example/service/Set', write)
    const before = asked.length
    await fetch('https://sap.example/service/Set', write).catch(() => undefined)
    expect(asked[before]!.headers.get('x-csrf-token')).toBe('Fetch')
    expect(asked[before]!.headers.get('cookie')).toBeNull()
  })

  it('are not sent where no token is given', async () => {
    const fetch = fetchWith(() => new Response('', { status: 503 }))
    await expect(fetch('https://sap.example/service/Set', write)).rejects.toMatchObject({ code: 'EHOSTUNREACH' })
    expect(asked).toHaveLength(1)
  })

  it('say so where the person is refused', async () => {
    expect(
      (await fetchWith(() => new Response('', { status: 403 }))('https://sap.example/service/Set', write)).status,
    ).toBe(403)
    expect(asked).toHaveLength(1)
  })
})

describe('statements for Athena and Redshift', () => {
  const operation = makeOperation({
    technology: 'warehouse',
    service: 'athena',
    action: 'execute',
    inputs: { statement: 'sql' },
  })
  const inspect = async (text: string) => {
    assertPlain(makeCall({ operation, inputs: { sql: text } as Record<string, Json> }), text)
    return {} as never
  }

  it.each([
    `select '\\' , secret from salaries --'`,
    'select "secret" from t',
    'select `secret` from t',
    "unload (select 1) to 's3://elsewhere'",
    "create table t with (external_location = 's3://elsewhere') as select 1",
    'execute prepared',
    'call p()',
  ])('are refused where the two dialects differ: %s', async (text) => {
    expect((await problemOf(inspect(text))).code).toBe('input_invalid')
  })
})

describe('settings of a role in AWS', () => {
  const configuration = (values: Record<string, string>) => ({
    'aws-athena': {
      baseUrl: 'https://athena.eu-central-1.amazonaws.com',
      scope: 'api://aws/.default',
      values,
      classification: {},
    },
  })
  const { region, gatewayRole, gatewayAudience, personRole, application } = aws
  const complete = { region, gatewayRole, gatewayAudience, personRole, workgroup: 'people' }

  it('start with an application of Identity Center', () => {
    const values = { ...complete, identityCenterApplication: application }
    expect(selectConfigured(backends, configuration(values)).has('aws-athena')).toBe(true)
  })

  it('stop the start without one, since the role would be shared', () => {
    expect(() => selectConfigured(backends, configuration(complete))).toThrow(
      'COUNTERSIGN_BACKENDS (at aws-athena.values.identityCenterApplication) is missing',
    )
  })
})

describe('conditions of Salesforce', () => {
  const where = backends.find(({ name }) => name === 'salesforce')!.operations.query!
  const given = { object: 'Account', fields: 'Id, Name' }
  const takes = (text: string) => where.inputs().safeParse({ ...given, where: text }).success

  it.each([
    "Name LIKE 'A%' AND CreatedDate = LAST_N_DAYS:30",
    "Name = 'select from' OR (Amount > 1.5 AND Id != null)",
    "Name = 'O\\'Hara'",
  ])('are taken: %s', (text) => expect(takes(text)).toBe(true))

  it.each([
    'Id IN (SELECT AccountId FROM Contact)',
    "Owner.Email = 'x'",
    'Id != null FOR UPDATE',
    "Name = 'x' LIMIT 5000",
    "Name = 'x",
    'Id != null ALL ROWS',
  ])('are refused: %s', (text) => expect(takes(text)).toBe(false))

  it('are read in time, whatever they are', () => {
    const started = performance.now()
    takes(`${'a '.repeat(990)}"`)
    takes(`${'1.'.repeat(990)}"`)
    expect(performance.now() - started).toBeLessThan(500)
  })
})
