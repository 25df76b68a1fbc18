import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Finding } from '../../../infra/hooks/finding.ts'
import { examineAccount } from '../../../infra/hooks/preflight/examine.ts'
import { checkSettings } from '../../../infra/hooks/preflight/settings-checks.ts'
import { checkNode } from '../../../infra/hooks/preflight/tools.ts'
import { openSurroundings } from '../../../infra/hooks/surroundings.ts'
import { type AzureFault, azureFaultKinds } from '../../../infra/local/azure/faults.ts'
import { type AzureTenant, deployed, ids } from '../../../infra/local/azure/tenant.ts'
import { apps, tenants } from '../../../infra/local/personas.ts'
import { deployedValues, type HookWorld, openHookWorld } from './hook-world.ts'

let world: HookWorld
const path = process.env.PATH

beforeAll(async () => {
  world = await openHookWorld()
  process.env.PATH = world.environment.PATH
})
afterEach(() => world.reset())
afterAll(async () => {
  process.env.PATH = path
  await world?.stop()
})

const examine = (values: Readonly<Record<string, string>> = {}) =>
  examineAccount(openSurroundings({ ...world.environment, ...values }, world.signIn))
const wrongIn = (findings: readonly Finding[]) => findings.filter(({ state }) => state === 'wrong')
const codesIn = (findings: readonly Finding[]) => [...new Set(wrongIn(findings).map(({ code }) => code))]
const subscription = `/subscriptions/${deployed.subscription}`
const list = (tenant: AzureTenant, name: string, entries: AzureTenant['lists'][string]) => {
  tenant.lists[`${subscription}/providers/${name}`.toLowerCase()] = entries
}

describe('preflight', () => {
  it('finds nothing wrong where nothing is', async () => {
    const findings = await examine()
    expect(wrongIn(findings)).toEqual([])
    expect(findings.length).toBeGreaterThan(10)
  })

  const contributor = { actions: ['*'], notActions: ['Microsoft.Authorization/*/write'] }
  it.each<[string, (tenant: AzureTenant) => void, Readonly<Record<string, string>>, string[]]>([
    ['a sign-in to another tenant', () => undefined, { AZURE_TENANT_ID: tenants.other }, ['tenant_differs']],
    [
      'a subscription that nobody knows',
      (tenant) => void delete tenant.documents[subscription],
      {},
      ['subscription_unknown'],
    ],
    [
      'a subscription that is disabled',
      (tenant) => {
        tenant.documents[subscription] = { state: 'Disabled', tenantId: tenants.home }
      },
      {},
      ['subscription_not_enabled'],
    ],
    [
      'a subscription of another tenant',
      (tenant) => {
        tenant.documents[subscription] = { state: 'Enabled', tenantId: tenants.other }
      },
      {},
      ['subscription_of_another_tenant'],
    ],
    [
      'a Contributor, who gives no roles',
      (tenant) => list(tenant, 'Microsoft.Authorization/permissions', [contributor]),
      {},
      ['rights_assignments_missing', 'rights_definitions_missing'],
    ],
    [
      'a reader',
      (tenant) => list(tenant, 'Microsoft.Authorization/permissions', [{ actions: ['*/read'] }]),
      {},
      ['rights_resources_missing', 'rights_assignments_missing', 'rights_definitions_missing'],
    ],
    [
      'nobody who may register applications',
      (tenant) => {
        tenant.directoryRoles = []
      },
      {},
      ['rights_entra_missing'],
    ],
    [
      'a provider that is not registered',
      () => undefined,
      { COUNTERSIGN_NETWORK: 'private' },
      ['provider_not_registered'],
    ],
    [
      'evidence in the same region',
      () => undefined,
      { COUNTERSIGN_EVIDENCE_LOCATION: 'West Europe' },
      ['evidence_region_same'],
    ],
    ['evidence without a region', () => undefined, { COUNTERSIGN_EVIDENCE_LOCATION: '' }, ['evidence_region_missing']],
    [
      'a region without Flex Consumption',
      (tenant) => list(tenant, 'Microsoft.Web/geoRegions', [{ name: 'Sweden Central' }]),
      {},
      ['region_without_plan'],
    ],
    ['a Node that the region has not', () => undefined, { COUNTERSIGN_NODE_VERSION: '24' }, ['region_without_runtime']],
    ['a region that nobody knows', () => undefined, { COUNTERSIGN_EVIDENCE_LOCATION: 'atlantis' }, ['region_unknown']],
    [
      'a vault of the environment that lies deleted',
      (tenant) =>
        list(tenant, 'Microsoft.KeyVault/deletedVaults', [
          { name: 'kv-other', properties: { tags: {} } },
          { name: 'kv-third', properties: {} },
          { name: 'kv-old', properties: { tags: { 'azd-env-name': deployed.environment } } },
        ]),
      {},
      ['vault_name_taken'],
    ],
    [
      'a name that somebody else has',
      (tenant) => void tenant.taken.add('elsewhere'),
      { COUNTERSIGN_GATEWAY_NAME: 'elsewhere' },
      ['name_taken'],
    ],
    ['a name of a wrong form', () => undefined, { COUNTERSIGN_EVIDENCE_NAME: '-no-' }, ['name_invalid']],
    ['an environment of a wrong name', () => undefined, { AZURE_ENV_NAME: '-a' }, ['environment_name_invalid']],
    [
      'a network that is not there',
      () => undefined,
      { COUNTERSIGN_VNET_ID: `${subscription}/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/none` },
      ['brought_missing'],
    ],
    [
      'a vault without purge protection and without roles',
      (tenant) => {
        tenant.documents[ids.vault.toLowerCase()] = { id: ids.vault, name: deployed.vault, properties: {} }
      },
      { COUNTERSIGN_EXISTING_VAULT_ID: ids.vault },
      ['purge_protection_off', 'vault_access_policies'],
    ],
    [
      'a registration that was brought and does not fit',
      (tenant) => {
        tenant.applications = [{ id: 'x', appId: apps.api, api: { requestedAccessTokenVersion: null } }]
        tenant.credentials = []
      },
      { COUNTERSIGN_CLIENT_ID: apps.api },
      [
        'registration_token_version',
        'registration_scope_missing',
        'registration_claims_missing',
        'registration_groups_missing',
        'federated_credential_missing',
      ],
    ],
  ])('names %s, and says how to mend it', async (...[_what, plant, values, codes]) => {
    plant(world.tenant)
    const findings = await examine(values)
    expect(codesIn(findings)).toEqual(codes)
    for (const { next } of wrongIn(findings)) expect(next).toMatch(/\w{3}/)
  })

  it('asks for no right to register where a registration was brought, and for it where it is our own', async () => {
    world.tenant.directoryRoles = []
    const brought = { COUNTERSIGN_CLIENT_ID: apps.api }
    expect(codesIn(await examine(brought))).toEqual([])
    expect(codesIn(await examine({ ...brought, COUNTERSIGN_REGISTRATION: 'made' }))).toEqual(['rights_entra_missing'])
    world.tenant.mayRegister = true
    expect(codesIn(await examine())).toEqual([])
  })
})

const codeOfKind: Readonly<Record<AzureFault['kind'], string>> = {
  unauthorized: 'azure_unauthorized',
  forbidden: 'azure_forbidden',
  missing: 'azure_not_found',
  throttle: 'azure_throttled',
  error: 'azure_unavailable',
  slow: 'azure_too_slow',
  drop: 'azure_unreachable',
  html: 'azure_malformed',
  shape: 'azure_malformed',
  elsewhere: 'azure_leads_elsewhere',
}

describe('a fault of Azure', () => {
  it.each(azureFaultKinds)('is named by each question that meets it: %s', async (kind) => {
    world.azure.faults.plant({ kind, path: '/permissions' })
    const findings = await examine({ HOOKS_REQUEST_SECONDS: kind === 'slow' ? '0.5' : '15' })
    const found = findings.filter(({ subject }) => subject === 'rights').filter(({ check }) => check === 'subscription')
    expect(found).toMatchObject([{ state: 'wrong', code: codeOfKind[kind] }])
    expect(codesIn(findings)).toEqual([codeOfKind[kind]])
  })

  it.each(['throttle', 'error', 'drop'] as const)('that passes is waited for: %s', async (kind) => {
    world.azure.faults.plant({ kind, path: '/permissions', count: 1 })
    expect(codesIn(await examine())).toEqual([])
  })

  it('is only a warning where Graph cannot be read', async () => {
    world.azure.faults.plant({ kind: 'forbidden', path: '/v1.0/' })
    const findings = await examine()
    expect(findings).toContainEqual(
      expect.objectContaining({ check: 'entra', state: 'warning', code: 'azure_forbidden' }),
    )
  })

  it.each([
    ['nobody', null, 'not_signed_in'],
    ['somebody whom Entra refuses', { refused: 'AADSTS50076' }, 'sign_in_refused'],
  ])('is told once where %s is signed in', async (_who, signedIn, code) => {
    world.tenant.signedIn = signedIn
    const found = await examineAccount(openSurroundings(world.environment))
    expect(found).toMatchObject([{ check: 'sign-in', state: 'wrong', code }])
  })
})

describe('settings before a deployment', () => {
  const codes = (values: Readonly<Record<string, string>>) => codesIn(checkSettings({ ...deployedValues, ...values }))

  it.each([
    ['right ones', {}, []],
    ['no retention', { COUNTERSIGN_RETENTION_DAYS: '' }, ['value_missing']],
    ['too short a retention', { COUNTERSIGN_RETENTION_DAYS: '182' }, ['setting_wrong', 'retention_too_short']],
    ['backends that are no JSON', { COUNTERSIGN_BACKENDS: '{' }, ['setting_wrong']],
    ['a vault of another cloud', { COUNTERSIGN_CLOUD: 'china' }, ['setting_wrong']],
    ['development', { COUNTERSIGN_MODE: 'development' }, ['setting_wrong']],
    ['no region', { AZURE_LOCATION: '' }, ['value_missing']],
  ])('are judged as the apps will judge them: %s', (_what, values, wanted) => {
    expect(codes(values as Readonly<Record<string, string>>)).toEqual(wanted)
  })

  it('are warned of where a list is empty', () => {
    const findings = checkSettings({ ...deployedValues, COUNTERSIGN_ALLOWED_ACTORS: '', COUNTERSIGN_BACKENDS: '{}' })
    expect(wrongIn(findings)).toEqual([])
    expect(findings.filter(({ code }) => code === 'list_empty')).toHaveLength(2)
  })

  it.each([
    ['20.18.3', 'node_too_old'],
    ['20.19.0', 'ok'],
    ['24.0.0', 'ok'],
  ])('need a Node that can build: %s', (version, code) => {
    expect(checkNode(version).code).toBe(code)
  })
})
