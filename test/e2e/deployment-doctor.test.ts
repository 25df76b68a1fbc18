import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { examineDeployed } from '../../infra/hooks/doctor/examine-deployed.ts'
import type { Finding } from '../../infra/hooks/finding.ts'
import { type Front, startFront } from '../../infra/local/azure/front.ts'
import { type AzureTenant, ids } from '../../infra/local/azure/tenant.ts'
import { assign, assignmentsOf } from '../../infra/local/azure/tenant-roles.ts'
import { apps } from '../../infra/local/personas.ts'
import { type HookWorld, openHookWorld } from '../infra/hooks/hook-world.ts'
import { openWorld, type World } from '../support/gateway-world.ts'

interface Ward {
  readonly world: World
  readonly hooks: HookWorld
  readonly front: Front
  readonly tenant: AzureTenant
}

let ward: Ward
const backends = ['azure-postgresql', 'databricks-sql', 'rest-entra-api']

beforeAll(async () => {
  const world = await openWorld()
  const [hooks, front] = await Promise.all([openHookWorld(world.file.entra), startFront(world.file.gateway)])
  ward = { world, hooks, front, tenant: hooks.tenant }
}, 120_000)

afterEach(async () => {
  ward.hooks.reset()
  for (const name of ['skewMs', 'address', 'shadow'] as const) delete ward.front.faults[name]
  await ward.world.clear()
})

afterAll(async () => {
  await Promise.all([ward?.hooks.stop(), ward?.front.stop(), ward?.world.stop()])
})

/** azd's environment of a deployment that the stack stands for, with three of its backends. */
function values(): Readonly<Record<string, string>> {
  const { settings = {} } = ward.world.file
  const all = JSON.parse(settings.COUNTERSIGN_BACKENDS ?? '{}') as Readonly<Record<string, unknown>>
  const some = Object.fromEntries(backends.map((name) => [name, all[name]]))
  return { ...settings, COUNTERSIGN_PUBLIC_URL: ward.front.url, COUNTERSIGN_BACKENDS: JSON.stringify(some) }
}

const examine = () => examineDeployed({ ...ward.hooks.environment, ...values() }, ward.hooks.signIn)
const ask = (state: Finding['state']) => state === 'wrong' || state === 'warning'
const codesIn = (findings: readonly Finding[]) => [
  ...new Set(findings.filter(({ state }) => ask(state)).map(({ code }) => code)),
]

const policyOf = (container: string) =>
  `${ids.proof}/blobServices/default/containers/${container}/immutabilityPolicies/default`.toLowerCase()
const change = (tenant: AzureTenant, id: string, properties: object) => {
  const known = tenant.documents[id.toLowerCase()]
  tenant.documents[id.toLowerCase()] = { ...known, properties: { ...(known?.properties as object), ...properties } }
}
const asPerson = (tenant: AzureTenant, persona: string, overrides: Readonly<Record<string, unknown>> = {}) => {
  tenant.signedIn = { persona, overrides }
}
const problem = (status: number, code: string) => ({
  status,
  headers: { 'content-type': 'application/problem+json' },
  body: { code },
})

const bringTokens = async () => ({
  person: await ward.world.token('alice'),
  graph: await ward.world.token('alice', {
    aud: 'https://graph.microsoft.com',
    version: 1,
    scope: 'Application.Read.All',
  }),
})

type Broken = readonly [what: string, plant: (ward: Ward) => unknown, codes: readonly string[]]

const broken: readonly Broken[] = [
  [
    'a token without an optional claim',
    ({ tenant }) => asPerson(tenant, 'alice', { acct: null, xms_idrel: null }),
    ['token_claims_missing'],
  ],
  [
    'a registration without the optional claims',
    ({ tenant }) => {
      tenant.applications = tenant.applications.map((one) => ({ ...one, optionalClaims: null }))
    },
    ['registration_claims_missing', 'registration_claims_poorer'],
  ],
  [
    'tokens of version 1',
    ({ tenant }) => asPerson(tenant, 'alice', { version: 1 }),
    ['token_version', 'row_not_written'],
  ],
  [
    'a consent that is missing',
    ({ tenant }) => tenant.withoutConsent.add(apps.orders),
    ['consent_missing', 'consent_left'],
  ],
  [
    'an exchange that Entra refuses',
    ({ world }) => world.plant({ kind: 'consent', sticky: true, scope: apps.orders }),
    ['consent_missing', 'consent_left'],
  ],
  [
    'a backend that saw somebody else, in the words of the gateway',
    ({ front }) => {
      front.faults.shadow = { path: '/api/rest-entra-api/', reply: problem(502, 'identity_mismatch') }
    },
    ['wrong_person'],
  ],
  [
    'a signing key that is not there',
    ({ tenant }) => delete tenant.documents[`${ids.vault}/keys/evidence-signing`.toLowerCase()],
    ['signing_key_missing'],
  ],
  [
    "a month's secret that is not there",
    ({ tenant }) => {
      tenant.lists[`${ids.vault}/secrets`.toLowerCase()] = [{ name: 'mask-key' }]
    },
    ['vault_secret_missing'],
  ],
  [
    'evidence that is not locked',
    ({ tenant }) => change(tenant, policyOf('evidence'), { state: 'Unlocked' }),
    ['immutability_not_locked'],
  ],
  ['evidence without a policy', ({ tenant }) => delete tenant.documents[policyOf('reports')], ['immutability_absent']],
  [
    'a route that something else answers',
    ({ front }) => {
      front.faults.shadow = { path: '/api/operations', reply: { status: 200, body: { hello: 'from another app' } } }
    },
    ['route_shadowed'],
  ],
  [
    'metadata of another address',
    ({ front }) => {
      front.faults.address = 'https://elsewhere.example'
    },
    ['metadata_wrong_resource', 'challenge_wrong'],
  ],
  [
    'a clock that is wrong',
    ({ front }) => {
      front.faults.skewMs = -600_000
    },
    ['clock_skew'],
  ],
  ['a policy that permits nothing', ({ tenant }) => asPerson(tenant, 'sidekick'), ['policy_permits_nothing']],
  [
    'an evidence app that is open',
    ({ tenant }) => change(tenant, `${ids.evidence}/config/web`, { ipSecurityRestrictionsDefaultAction: 'Allow' }),
    ['evidence_app_public'],
  ],
  [
    'an evidence app that answers',
    ({ tenant, world }) => change(tenant, ids.evidence, { defaultHostName: new URL(world.file.evidenceApp.url).host }),
    ['evidence_app_answers'],
  ],
  [
    'a writer that may delete',
    ({ tenant }) => {
      const place = assignmentsOf(`${ids.audit}/tableServices/default/tables/audit`).toLowerCase()
      tenant.lists[place] = [assign('gateway', 'remover', ids.audit)]
    },
    ['writer_may_delete'],
  ],
  [
    'an account that takes shared keys',
    ({ tenant }) => change(tenant, ids.audit, { allowSharedKeyAccess: true }),
    ['shared_key_allowed'],
  ],
  [
    'a vault without purge protection',
    ({ tenant }) => change(tenant, ids.vault, { enablePurgeProtection: false }),
    ['purge_protection_off'],
  ],
]

describe('the doctor of a deployment', () => {
  it('finds nothing wrong where nothing is, as a process of its own', async () => {
    const { code, stdout, stderr } = await ward.hooks.run('doctor', { args: ['--strict', '--json'], values: values() })
    const findings = JSON.parse(stdout) as readonly Finding[]
    expect(findings.filter(({ state }) => ask(state))).toEqual([])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const checked = new Set(findings.map(({ subject }) => subject))
    for (const subject of ['gateway', 'token', 'book', 'registration', 'storage', 'vault', 'roles', 'evidence-app'])
      expect(checked).toContain(subject)
    for (const subject of backends)
      expect(findings).toContainEqual(expect.objectContaining({ subject, check: 'exchange', code: 'ok' }))
    expect(stdout).not.toMatch(/eyJ[\w-]{8,}\./)
  }, 90_000)

  it.each(broken)(
    'names %s, and nothing else',
    async (_what, plant, codes) => {
      await plant(ward)
      const findings = await examine()
      expect(codesIn(findings)).toEqual(codes)
      for (const { next } of findings.filter(({ state }) => ask(state))) expect(next).toMatch(/\w{3}/)
    },
    60_000,
  )

  it('ends with 1 where something is wrong, and gives the one link that is left', async () => {
    ward.tenant.withoutConsent.add(apps.orders).add(apps.databricks)
    const { code, stdout } = await ward.hooks.run('doctor', { values: values() })
    expect(code).toBe(1)
    const links = stdout.match(/https:\/\/login\.microsoftonline\.com\/\S+\/adminconsent\?client_id=\S+/g)
    expect(links).toEqual([expect.stringContaining(apps.api)])
    expect(stdout).toContain('consent_left (databricks-sql, rest-entra-api)')
  }, 90_000)

  it('asks for the verification of the night as an auditor', async () => {
    asPerson(ward.tenant, 'dave')
    const findings = await examine()
    expect(findings).toContainEqual(expect.objectContaining({ check: 'verification', code: 'ok' }))
  }, 60_000)

  it('takes two tokens that somebody brings, and asks Azure nothing where no subscription is named', async () => {
    const { person, graph } = await bringTokens()
    const brought = { DOCTOR_TOKEN: person, DOCTOR_GRAPH_TOKEN: graph, AZURE_SUBSCRIPTION_ID: '', AZURE_TENANT_ID: '' }
    ward.tenant.signedIn = null
    const findings = await examineDeployed({ ...ward.hooks.environment, ...values(), ...brought }, ward.hooks.signIn)
    expect(codesIn(findings)).toEqual([])
    expect(findings).toContainEqual(
      expect.objectContaining({ subject: 'resources', code: 'not_tried_no_subscription' }),
    )
    expect(findings).toContainEqual(expect.objectContaining({ check: 'identity', code: 'ok' }))
  }, 60_000)

  it('says what an application alone cannot try', async () => {
    asPerson(ward.tenant, 'robot')
    const findings = await examine()
    expect(codesIn(findings)).toEqual([])
    expect(findings).toContainEqual(expect.objectContaining({ subject: 'token', code: 'not_tried_no_person' }))
  }, 60_000)

  it('names a backend that does not answer', async () => {
    await ward.world.plantOrders({ fault: 'error', count: 20 })
    const findings = await examine()
    expect(codesIn(findings)).toEqual(['backend_unreachable'])
    expect(findings).toContainEqual(
      expect.objectContaining({ subject: 'rest-entra-api', check: 'exchange', code: 'backend_unreachable' }),
    )
  }, 60_000)

  // The last one: the store is stopped in its tracks, and goes on afterwards.
  it('names a book that cannot be written', async () => {
    const { azurite } = ward.world.file.pids
    process.kill(azurite, 'SIGSTOP')
    try {
      expect(codesIn(await examine())).toEqual(['book_unavailable'])
    } finally {
      process.kill(azurite, 'SIGCONT')
    }
  }, 120_000)

  it('names a gateway that is not there', async () => {
    const nowhere = { COUNTERSIGN_PUBLIC_URL: 'http://localhost:1' }
    const findings = await examineDeployed({ ...ward.hooks.environment, ...values(), ...nowhere }, ward.hooks.signIn)
    expect(codesIn(findings)).toContain('gateway_unreachable')
  }, 60_000)
})
