import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from '../../../infra/build/build.ts'
import { chooseApis, describeConsole, describeGateway, type Wanted } from '../../../infra/identity/applications.ts'
import { makeGuid } from '../../../infra/identity/arm-guid.ts'
import permissions from '../../../infra/identity/permissions.json' with { type: 'json' }
import facts from '../../../infra/identity/registration.json' with { type: 'json' }
import { makeRequest } from '../../../infra/identity/request.ts'
import { readPermissions } from '../../../infra/identity/write-permissions.ts'
import { readWanted } from '../../../infra/local/commands/identity-request.ts'
import { cloudFacts } from '../../../shared/identity/cloud.ts'
import { readResources, type Shape } from '../../support/bicep-shape.ts'

const tenantId = '11111111-1111-4111-8111-111111111111'
const actor = '22222222-2222-4222-8222-222222222222'
const wanted: Wanted = {
  ...{ environment: 'prod', tenantId, cloud: 'public', publicUrl: 'https://agents.example.com' },
  gatewayPrincipalId: '33333333-3333-4333-8333-333333333333',
  auditorsGroupId: '44444444-4444-4444-8444-444444444444',
  operatorsGroupId: '55555555-5555-4555-8555-555555555555',
  ...{ backends: ['graph-mail', 'graph-teams', 'azure-postgresql', 'sap-odata'], allowedActors: [actor] },
}
const bicep = (name: string) => join(root, `infra/identity/${name}.bicep`)
const textOf = (folder: string) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(root, folder, name), 'utf8'))
    .join('\n')

/** Claims of a version 2.0 access token without anything asked for (Microsoft: "Access token claims reference"). */
const always = [
  ...['aud', 'azp', 'azpacr', 'exp', 'iat', 'idp', 'iss', 'name', 'nbf', 'oid', 'preferred_username', 'roles', 'scp'],
  ...['sub', 'tid', 'uti', 'ver', '_claim_names', 'hasgroups', 'cnf'],
]
/** Read where they come, and needed nowhere: signs of an ID token, and a relation that `acct` says as well. */
const notNeeded = ['nonce', 'email', 'amr', 'xms_idrel']

/** Names of claims that the verification of a token reads, in any of the ways that it does. */
function claimsRead(): readonly string[] {
  const text = textOf('shared/identity')
  const found = [
    ...text.matchAll(/\bclaims\.(?!ts')([a-z_]\w*)\b(?!\()/g),
    ...text.matchAll(/\b(?:allow|demand)\('(\w+)'/g),
    ...text.matchAll(/Object\.hasOwn\(claims, '(\w+)'\)/g),
  ].map(([, name = '']) => name)
  const taken = [...text.matchAll(/\{([^{}=]*)\}(?:: \w+)?(?: = claims\b|[,)][^\n]*=>)/g)].flatMap(([, list = '']) =>
    list.split(',').map((name) => name.trim()),
  )
  const listed = /personalClaims = \[([^\]]*)\]/.exec(text)?.[1] ?? ''
  const personal = [...listed.matchAll(/'(\w+)'/g)].map(([, name = '']) => name)
  const known = new Set([...always, ...notNeeded, ...facts.optionalClaims.map(({ name }) => name)])
  return [...new Set([...found, ...personal, ...taken.filter((name) => known.has(name))])]
}

describe('the registration', () => {
  it('asks for every claim that verification reads and Entra does not send by itself, and for no other', () => {
    const asked = facts.optionalClaims.map(({ name }) => name)
    const needed = claimsRead().filter((name) => !always.includes(name) && !notNeeded.includes(name))
    expect([...needed].sort()).toEqual([...asked].sort())
  })

  it('asks for the kind of subject in tokens of persons, too', () => {
    expect(facts.optionalClaims.find(({ name }) => name === 'idtyp')?.additionalProperties).toEqual([
      'include_user_token',
    ])
  })

  it('has groups of the kind that Graph is asked for where there are too many of them, and the right to ask', () => {
    expect(facts.groupMembershipClaims).toBe('SecurityGroup')
    expect(textOf('shared/identity')).toContain('securityEnabledOnly: true')
    expect(facts.graph.scopes).toEqual(['User.Read'])
  })

  it('has every role that the code asks for, and no other', () => {
    const used = ['http', 'approval', 'audit', 'policy', 'identity'].map((name) => textOf(`shared/${name}`)).join('\n')
    const policies = readFileSync(join(root, 'infra/policy/break-glass.cedar'), 'utf8')
    const asked = new Set([...`${used}\n${policies}`.matchAll(/Countersign\.[A-Z]\w+/g)].map(([role]) => role))
    expect(facts.appRoles.map(({ value }) => value).sort()).toEqual([...asked].sort())
  })

  it.each(['public', 'usgov', 'china'] as const)(
    'trusts the managed identity by the names of the cloud %s',
    (cloud) => {
      const { authority, federationAudience: audience } = cloudFacts(cloud)
      expect(facts.federation[cloud]).toEqual({ authority, audience })
    },
  )
})

describe('the table of permissions', () => {
  it('is the one that the declarations make (tsx infra/identity/write-permissions.ts writes it)', async () => {
    expect(permissions).toEqual(await readPermissions())
  })

  it('asks for the chosen backends alone, each API once, and always for the right to read one’s own groups', () => {
    const { apis, own } = chooseApis(wanted.backends)
    expect(apis.map(({ name }) => name).sort()).toEqual(['Azure OSSRDBMS Database', 'Microsoft Graph'])
    expect(apis.find(({ name }) => name === 'Microsoft Graph')?.scopes).toContain('Mail.Read')
    expect(new Set(apis.flatMap(({ scopes }) => scopes)).size).toBe(apis.flatMap(({ scopes }) => scopes).length)
    expect(own.map(({ backend }) => backend)).toEqual(['sap-odata'])
    expect(chooseApis([]).apis.map(({ scopes }) => scopes)).toEqual([['User.Read']])
  })
})

/** Every member and literal of the one is in the other; what only a deployment knows is left open. */
function compare(declared: Shape, asked: unknown, path: string): void {
  if (declared === null) return
  if (typeof declared === 'string') {
    expect([path, String(Array.isArray(asked) ? asked[0] : asked)]).toEqual([path, declared])
    return
  }
  const items = Array.isArray(asked) ? asked : [asked]
  for (const item of items as Readonly<Record<string, unknown>>[]) {
    expect([path, ...Object.keys(item).sort()]).toEqual([path, ...Object.keys(declared).sort()])
    for (const [name, inner] of Object.entries(declared)) compare(inner, item[name], `${path}/${name}`)
  }
}

describe('the request to an Entra admin', () => {
  it.each([
    ['gateway', { ...describeGateway(wanted), uniqueName: '' }],
    ['console', { ...describeConsole(wanted), uniqueName: '' }],
  ])('says of the %s what Bicep declares (parsed, not compiled)', async (file, asked) => {
    const application = (await readResources(bicep(file))).get('application') ?? null
    expect(Object.keys(application ?? {}).length).toBeGreaterThan(4)
    compare(application, asked, file)
  })

  it('trusts the same identity as Bicep does', async () => {
    const federation = (await readResources(bicep('gateway'))).get('federation')
    const asked = makeRequest(wanted).requests.find(({ name }) => name === 'federation')
    compare(federation ?? null, { ...asked?.body, name: '' }, 'federation')
    expect(asked?.body).toMatchObject({ subject: wanted.gatewayPrincipalId, audiences: ['api://AzureADTokenExchange'] })
  })

  it('makes ids as Bicep does, from the same words', () => {
    // Of Microsoft's documentation of the template function guid, whose namespace it is.
    expect(makeGuid('')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    const text = readFileSync(bicep('gateway'), 'utf8')
    expect(text).toContain("guid(uniqueName, 'scope', scope.value)")
    expect(text).toContain("guid(uniqueName, 'role', role.value)")
    const [scope] = describeGateway(wanted).api.oauth2PermissionScopes
    expect(scope?.id).toBe(makeGuid('countersign-prod', 'scope', 'access_as_user'))
    expect(makeGuid('countersign-prod', 'scope', 'control')).not.toBe(scope?.id)
  })

  it('takes tokens of version 2.0 alone, under both identifiers', () => {
    const { api, identifierUris } = describeGateway(wanted)
    expect(api.requestedAccessTokenVersion).toBe(2)
    expect(identifierUris).toEqual(['api://{{gateway.appId}}', 'https://agents.example.com/mcp'])
  })

  it.each(['https://func-cs-gateway-x.azurewebsites.net', 'https://apim-x.azure-api.net'])(
    'names no identifier at a domain that Azure gives out: %s',
    (publicUrl) => {
      expect(describeGateway({ ...wanted, publicUrl }).identifierUris).toEqual(['api://{{gateway.appId}}'])
    },
  )

  it('lets each listed agent in without asking persons, and gives the console its own scope alone', () => {
    const { preAuthorizedApplications, oauth2PermissionScopes } = describeGateway(wanted).api
    const named = preAuthorizedApplications.map(({ appId, delegatedPermissionIds }) => [
      appId,
      delegatedPermissionIds.map((id) => oauth2PermissionScopes.find((scope) => scope.id === id)?.value),
    ])
    expect(named).toEqual([
      ['{{console.appId}}', ['control']],
      [actor, ['access_as_user']],
    ])
  })

  it('names every value that it takes from an earlier answer before it takes it', () => {
    const { requests } = makeRequest(wanted)
    const apis = chooseApis(wanted.backends).apis.map(({ api }) => api)
    for (const [at, request] of requests.entries()) {
      const before = requests.slice(0, at).map(({ name }) => name)
      for (const [, value = ''] of JSON.stringify(request).matchAll(/\{\{([^}]*)\}\}/g)) {
        const of = / of (\S+)$/.exec(value)?.[1]
        if (of === undefined) expect(before).toContain(value.split('.')[0])
        else expect(apis).toContain(of)
      }
    }
  })

  it('makes no secret and no certificate', () => {
    expect(JSON.stringify(makeRequest(wanted))).not.toMatch(/password|keyCredential|secretText/i)
    for (const name of ['seed', 'gateway', 'console', 'registration']) {
      expect(readFileSync(bicep(name), 'utf8')).not.toMatch(/passwordCredentials|keyCredentials|secretText/)
    }
  })

  it('says what it left out for want of a value, and asks for it by its name', () => {
    const { publicUrl: _url, gatewayPrincipalId: _id, auditorsGroupId: _a, operatorsGroupId: _o, ...early } = wanted
    const { later, requests } = makeRequest(early)
    expect(later.map((line) => line.split(':')[0])).toEqual([
      'COUNTERSIGN_PUBLIC_URL',
      'COUNTERSIGN_GATEWAY_IDENTITY_ID',
    ])
    expect(requests.map(({ name }) => name)).not.toContain('federation')
    expect(makeRequest(wanted).later).toEqual([])
  })
})

describe('what the request is made of', () => {
  it('is the environment as azd has it, where empty means not set', () => {
    const read = readWanted({
      ...{ AZURE_ENV_NAME: 'prod', AZURE_TENANT_ID: tenantId.toUpperCase(), COUNTERSIGN_CLOUD: '' },
      ...{ COUNTERSIGN_PUBLIC_URL: 'https://agents.example.com/', COUNTERSIGN_AUDITORS_GROUP_ID: ' ' },
      ...{ COUNTERSIGN_BACKENDS: '{"graph-mail":{}}', COUNTERSIGN_ALLOWED_ACTORS: `${actor.toUpperCase()}, ` },
    })
    expect(read).toEqual({
      ...{ environment: 'prod', tenantId, cloud: 'public', publicUrl: 'https://agents.example.com' },
      ...{ backends: ['graph-mail'], allowedActors: [actor] },
    })
  })

  it.each([
    ['no tenant', { AZURE_TENANT_ID: undefined }],
    ['an address that is not https', { COUNTERSIGN_PUBLIC_URL: 'http://agents.example.com' }],
    ['an actor that is no id', { COUNTERSIGN_ALLOWED_ACTORS: 'everybody' }],
    ['a name that could leave its quotes', { AZURE_ENV_NAME: "x'y" }],
  ])('is refused with %s', (_what, change) => {
    const whole = { AZURE_ENV_NAME: 'prod', AZURE_TENANT_ID: tenantId }
    expect(readWanted(whole)).toMatchObject({ environment: 'prod' })
    expect(() => readWanted({ ...whole, ...change })).toThrow()
  })
})
