import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod'
import type { CallAnswer } from '../../../infra/local/doctor/call-check.ts'
import { readDeployment } from '../../../infra/local/doctor/deployment.ts'
import { diagnose, type Surgery } from '../../../infra/local/doctor/diagnose.ts'
import { type Directory, openDirectory } from '../../../infra/local/doctor/directory.ts'
import { isWrong } from '../../../infra/local/doctor/finding.ts'
import { type Entra, startEntra } from '../../../infra/local/entra/stand-in.ts'
import { apps, personas } from '../../../infra/local/personas.ts'
import { type Backend, defineBackend, rest } from '../../../shared/backend/define.ts'
import { resources, tenantDefined } from '../../../shared/backend/define-resources.ts'

const none = { public: [], usgov: [], china: [] }
const inputs = () => z.strictObject({})
const call = rest({ method: 'GET', path: '/things', parameters: [] })
const things: Backend = defineBackend({
  name: 'rest-things',
  title: 'Things',
  ...resources.fabric,
  hostSuffixes: { public: ['.things.example'], usgov: ['.things.example'], china: null },
  operations: {
    removeThings: { summary: 'Remove', effect: 'delete', inputs, call },
    listThings: { summary: 'List', effect: 'read', inputs, call },
  },
})
const own: Backend = defineBackend({
  ...things,
  ...tenantDefined('Ours', ['access_as_user']),
  name: 'rest-own',
  hostSuffixes: none,
})
const query: Backend = defineBackend({
  ...things,
  name: 'rest-query',
  operations: {
    ask: {
      summary: 'Ask',
      effect: 'read',
      inputs: () => z.strictObject({ sql: z.string() }),
      statement: { input: 'sql', dialect: 'tsql' },
      call,
    },
  },
})
const idle: Backend = defineBackend({
  ...things,
  name: 'rest-idle',
  operations: { remove: { summary: 'Remove', effect: 'delete', inputs, call } },
})

const settings = {
  COUNTERSIGN_MODE: 'production',
  COUNTERSIGN_CLOUD: 'public',
  COUNTERSIGN_PUBLIC_URL: 'https://gateway.example',
  COUNTERSIGN_CLIENT_ID: apps.api,
}
const place = { baseUrl: 'https://a.things.example' }
const fabricId = resources.fabric.permission.resource
const fine: CallAnswer = { status: 200, body: { meta: { identity: { source: 'backend', matches: true } } } }
const known: Directory = {
  findApi: async (id) => ({ id, scopes: ['access_as_user', 'Item.Read.All'] }),
  grantsOf: async () =>
    [fabricId, apps.orders].map((api) => ({ api, person: null, scopes: ['access_as_user', 'Item.Read.All'] })),
}

interface Plant extends Partial<Omit<Surgery, 'deployment'>> {
  readonly backends?: object
  readonly cloud?: string
}

async function examine({ backends = { 'rest-things': place }, cloud = 'public', ...more }: Plant) {
  const deployment = readDeployment({
    ...settings,
    COUNTERSIGN_CLOUD: cloud,
    COUNTERSIGN_BACKENDS: JSON.stringify(backends),
  })
  if (deployment === null) throw new Error('no deployment')
  const declared = [things, own, query, idle]
  return diagnose({
    deployment,
    declared,
    directory: known,
    person: personas.alice.oid,
    call: async () => fine,
    ...more,
  })
}

const ownPlace = { 'rest-own': { baseUrl: 'https://own.example', scope: `api://${apps.orders}/.default` } }
const answer = (status: number, code: string) => async (): Promise<CallAnswer> => ({ status, body: { code } })
const without = (grants: Awaited<ReturnType<Directory['grantsOf']>>): Directory => ({
  ...known,
  grantsOf: async () => grants,
})

describe('the doctor', () => {
  it('finds nothing where nothing is wrong', async () => {
    const findings = await examine({})
    expect(findings.map(({ check, code }) => `${check} ${code}`)).toEqual(
      ['configuration', 'scope', 'host', 'api', 'permission', 'consent', 'exchange', 'identity'].map(
        (check) => `${check} ok`,
      ),
    )
  })

  it.each<[string, Plant, string]>([
    ['a backend that nobody declares', { backends: { 'rest-nothing': place } }, 'configuration backend_unknown'],
    [
      'a value that the backend does not take',
      { backends: { 'rest-things': { ...place, values: { a: 'b' } } } },
      'configuration configuration_wrong',
    ],
    ['a scope that is unknown in this cloud', { cloud: 'usgov' }, 'scope scope_unknown'],
    [
      'a scope that nobody set',
      { backends: { 'rest-own': { baseUrl: 'https://own.example' } } },
      'scope scope_missing',
    ],
    [
      'a host of somebody else',
      { backends: { 'rest-things': { baseUrl: 'https://things.example.net' } } },
      'host host_not_allowed',
    ],
    ['no address at all', { backends: { 'rest-things': {} } }, 'host address_missing'],
    ['an API that is not in the tenant', { directory: { ...known, findApi: async () => null } }, 'api api_missing'],
    [
      'a permission that the API does not offer',
      { backends: ownPlace, directory: { ...known, findApi: async (id) => ({ id, scopes: [] }) } },
      'permission permission_missing',
    ],
    ['no consent', { directory: without([]) }, 'consent consent_missing'],
    [
      'consent for another API',
      { directory: without([{ api: apps.databricks, person: null, scopes: ['Item.Read.All'] }]) },
      'consent consent_missing',
    ],
    [
      'consent of another person',
      { directory: without([{ api: fabricId, person: personas.bob.oid, scopes: ['Item.Read.All'] }]) },
      'consent consent_missing',
    ],
    [
      'consent for another permission',
      { backends: ownPlace, directory: without([{ api: apps.orders, person: null, scopes: ['Item.Read.All'] }]) },
      'consent consent_missing',
    ],
    [
      'a directory that answers nothing',
      { directory: { ...known, findApi: () => Promise.reject(new Error('403')) } },
      'api directory_unreadable',
    ],
    ['consent that is missing at the exchange', { call: answer(403, 'consent_required') }, 'exchange consent_missing'],
    ['an exchange that is refused', { call: answer(502, 'identity_configuration') }, 'exchange exchange_refused'],
    ['a challenge at the exchange', { call: answer(401, 'claims_challenge') }, 'exchange exchange_refused'],
    ['a backend that refuses', { call: answer(403, 'backend_rejected') }, 'exchange backend_refused'],
    ['a book that cannot be written', { call: answer(503, 'audit_unavailable') }, 'exchange book_unavailable'],
    ['a backend that is not there', { call: answer(502, 'backend_failed') }, 'exchange backend_unreachable'],
    [
      'a gateway that is not there',
      { call: () => Promise.reject(new Error('refused')) },
      'exchange backend_unreachable',
    ],
    ['a backend that saw another person', { call: answer(502, 'identity_mismatch') }, 'identity wrong_person'],
  ])('names %s', async (_what, plant, found) => {
    const wrong = (await examine(plant)).filter(isWrong)
    expect(wrong.map(({ check, code }) => `${check} ${code}`)).toContain(found)
    for (const { next } of wrong) expect(next).toMatch(/^[A-Z].+[.]$/)
  })

  it.each<[string, Plant, string]>([
    ['policy that permits the person nothing', { call: answer(403, 'policy_denied') }, 'not_tried_policy'],
    ['a backend without a call that needs no inputs', { backends: { 'rest-idle': place } }, 'not_tried_no_call'],
  ])('says of %s that the exchange was not tried, and that nothing is wrong', async (_what, plant, code) => {
    const findings = await examine(plant)
    expect(findings.at(-1)?.code).toBe(code)
    expect(findings.filter(isWrong)).toEqual([])
  })

  it('calls a read without inputs, never a change; or the smallest statement', async () => {
    const called: unknown[] = []
    const note = async (...of: unknown[]) => {
      called.push(of)
      return fine
    }
    await examine({ backends: { 'rest-things': place, 'rest-query': place, 'rest-idle': place }, call: note })
    expect(called).toEqual([
      ['rest-things', 'listThings', {}],
      ['rest-query', 'ask', { sql: 'SELECT 1' }],
    ])
  })

  it('tries no exchange where consent is missing already', async () => {
    const call = () => Promise.reject(new Error('it was tried'))
    const findings = await examine({ directory: without([]), call })
    expect(findings.map(({ check }) => check)).not.toContain('exchange')
  })

  it('knows a deployment by its settings, names one that is wrong, and tells no value', () => {
    expect(readDeployment({})).toBeNull()
    const wrong = { ...settings, COUNTERSIGN_CLOUD: 'secret-cloud', COUNTERSIGN_BACKENDS: '{}' }
    expect(() => readDeployment(wrong)).toThrow(/COUNTERSIGN_CLOUD$/)
  })
})

describe('the directory', () => {
  let entra: Entra
  beforeAll(async () => {
    entra = await startEntra()
  })
  afterAll(() => entra.stop())
  const open = (aud = 'https://graph.microsoft.com') =>
    openDirectory(entra.url, entra.mint('alice', { aud, version: 1, scope: 'Application.Read.All' }).token)

  it('knows APIs by their application id, and what is consented to which client', async () => {
    const directory = open()
    expect(await directory.findApi(apps.postgresql)).toEqual({ id: apps.postgresql, scopes: ['user_impersonation'] })
    expect(await directory.findApi('00000000-0000-4000-8000-000000000000')).toBeNull()
    expect(await directory.grantsOf(apps.api)).toContainEqual({
      api: apps.orders,
      person: null,
      scopes: ['access_as_user'],
    })
    expect(await directory.grantsOf(apps.agent)).toEqual([])
  })

  it('does not answer a token for another audience', async () => {
    await expect(open(apps.api).findApi(apps.orders)).rejects.toThrow('401')
  })
})
