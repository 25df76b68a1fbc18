import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parseSettings, settingsSchema } from '../../../shared/config/settings.ts'

type Environment = Record<string, string | undefined>

const sampleFile = fileURLToPath(new URL('../../../local.settings.sample.json', import.meta.url))
const sample: Environment = JSON.parse(readFileSync(sampleFile, 'utf8')).Values

const development: Environment = {
  ...sample,
  COUNTERSIGN_MODE: 'development',
  COUNTERSIGN_PUBLIC_URL: 'http://localhost:7071',
  COUNTERSIGN_KEY_VAULT_URL: 'https://countersign.vault.localhost',
  COUNTERSIGN_AUDIT_TABLES_URL: 'https://127.0.0.1:10002/devstoreaccount1',
  COUNTERSIGN_EVIDENCE_BLOBS_URL: 'https://[::1]:10000/devstoreaccount1',
  COUNTERSIGN_ENTRA_URL: 'https://localhost:8443',
  COUNTERSIGN_BACKENDS:
    '{"azure-postgresql":{"host":"127.0.0.1"},"rest-entra-api":{"baseUrl":"http://localhost:9000"}}',
}

function messageOf(environment: Environment): string {
  try {
    parseSettings(environment)
  } catch (error) {
    return (error as Error).message
  }
  return ''
}

const required = Object.entries(settingsSchema.shape)
  .filter(([, schema]) => !schema.safeParse(undefined).success)
  .map(([name]) => name)

describe('the sample', () => {
  it('is accepted as it stands, in production', () => {
    const settings = parseSettings(sample)
    expect(settings.COUNTERSIGN_MODE).toBe('production')
    expect(Object.keys(settings.COUNTERSIGN_BACKENDS)).toEqual([
      'azure-postgresql',
      'azure-storage-blob',
      'databricks-sql',
      'rest-entra-api',
    ])
    expect(settings.COUNTERSIGN_DENIED_TOKEN_IDS).toEqual([])
  })

  it('keeps the order and case of token ids but not of allow-lists', () => {
    const ids = {
      COUNTERSIGN_DENIED_TOKEN_IDS: 'Abc, dEf',
      COUNTERSIGN_TENANTS: 'ABCDEFAB-1111-4111-8111-111111111111',
    }
    const settings = parseSettings({ ...sample, ...ids })
    expect(settings.COUNTERSIGN_DENIED_TOKEN_IDS).toEqual(['Abc', 'dEf'])
    expect(settings.COUNTERSIGN_TENANTS).toEqual(['abcdefab-1111-4111-8111-111111111111'])
  })

  it('is accepted in development on loopback', () => {
    expect(parseSettings(development).COUNTERSIGN_MODE).toBe('development')
  })

  it.each(['COUNTERSIGN_RETENTION_DAYS', 'COUNTERSIGN_HOME_TENANT', 'COUNTERSIGN_KEY_VAULT_URL'])(
    'counts %s among the settings without a default',
    (name) => {
      expect(required).toContain(name)
    },
  )
})

describe('an empty allow-list', () => {
  it.each(['COUNTERSIGN_TENANTS', 'COUNTERSIGN_ALLOWED_ACTORS'] as const)('in %s means nobody', (name) => {
    expect(parseSettings({ ...sample, [name]: ' , ' })[name]).toEqual([])
  })
})

describe('a missing setting', () => {
  it.each(required)('%s stops the start and is named', (name) => {
    expect(messageOf({ ...sample, [name]: undefined })).toContain(`${name} is missing`)
  })
})

describe('a wrong setting', () => {
  const production: readonly (readonly [name: string, value: string])[] = [
    ['COUNTERSIGN_MODE', 'prodduction'],
    ['COUNTERSIGN_PUBLIC_URL', 'countersign-without-scheme'],
    ['COUNTERSIGN_PUBLIC_URL', 'http://in-the-clear.example.com'],
    ['COUNTERSIGN_CLOUD', 'germany-west'],
    ['COUNTERSIGN_HOME_TENANT', 'contoso.example.com'],
    ['COUNTERSIGN_TENANTS', 'common-for-all'],
    ['COUNTERSIGN_CLIENT_ID', 'not-a-guid-at-all'],
    ['COUNTERSIGN_CONSOLE_CLIENT_ID', 'console-not-a-guid'],
    ['COUNTERSIGN_ALLOWED_ACTORS', 'any-actor-star'],
    ['COUNTERSIGN_MANAGED_IDENTITY_CLIENT_ID', 'system-assigned'],
    ['COUNTERSIGN_KEY_VAULT_URL', 'https://vault.attacker.example'],
    ['COUNTERSIGN_KEY_VAULT_URL', 'https://attacker.vault.azure.net.attacker.example'],
    ['COUNTERSIGN_AUDIT_TABLES_URL', 'https://tables.attacker.example'],
    ['COUNTERSIGN_AUDIT_TABLES_URL', 'http://sample.table.core.windows.net'],
    ['COUNTERSIGN_EVIDENCE_BLOBS_URL', 'https://blobs.attacker.example'],
    ['COUNTERSIGN_RETENTION_DAYS', '182'],
    ['COUNTERSIGN_RETENTION_DAYS', 'half-a-year'],
    ['COUNTERSIGN_POLICY', 'https://policy.attacker.example'],
    ['COUNTERSIGN_POLICY_GROUPS', 'group-without-json'],
    ['COUNTERSIGN_POLICY_GROUPS', '{"analysts":["somebody-by-name"]}'],
    ['COUNTERSIGN_BACKENDS', '{"unclosed-json"'],
    ['COUNTERSIGN_BACKENDS', '{"azure-postgresql":{"port":70707}}'],
    ['COUNTERSIGN_BACKENDS', '{"azure-storage-blob":{"containers":["$logs"]}}'],
    ['COUNTERSIGN_BACKENDS', '{"azure-storage-blob":{"containers":"reports"}}'],
    ['COUNTERSIGN_BACKENDS', '{"azure-postgresql":{"hots":"secret-host.example"}}'],
    ['COUNTERSIGN_CALLS_PER_MINUTE', '-6006'],
    ['COUNTERSIGN_FAILED_TOKENS_PER_MINUTE', '0.0303'],
    ['COUNTERSIGN_ENTRA_URL', 'https://login.attacker.example'],
    ['COUNTERSIGN_ENTRA_URL', 'http://127.0.0.1:8443'],
    ['COUNTERSIGN_RETENTION_DAY', 'misspelt-value'],
  ]

  it.each(production)('%s=%s stops the start in production, named without its value', (name, value) => {
    const message = messageOf({ ...sample, [name]: value })
    expect(message).toMatch(new RegExp(`\\b${name}\\b`))
    expect(message).not.toContain(value)
  })

  it('that names fewer than two signers stops the start where the policy is a blob', () => {
    const blob = { ...sample, COUNTERSIGN_POLICY: 'https://samplepolicy.blob.core.windows.net/policies/release.json' }
    const two = { COUNTERSIGN_POLICY_SIGNERS: '{"ann":"QQ==","ben":"Qg=="}' }
    expect(messageOf({ ...blob, COUNTERSIGN_POLICY_SIGNERS: '{"ann":"QQ=="}' })).toContain('COUNTERSIGN_POLICY_SIGNERS')
    expect(messageOf({ ...blob, ...two })).toBe('')
  })

  it('is named together with every other one', () => {
    const message = messageOf({ ...sample, COUNTERSIGN_CLOUD: 'mars', COUNTERSIGN_RETENTION_DAYS: '1' })
    expect(message).toMatch(/COUNTERSIGN_CLOUD.*COUNTERSIGN_RETENTION_DAYS/)
  })
})

describe('development mode', () => {
  const azure = ['WEBSITE_SITE_NAME', 'WEBSITE_INSTANCE_ID', 'WEBSITE_HOSTNAME', 'REGION_NAME']
  it.each(azure)('is refused next to %s, a sign of Azure', (name) => {
    const message = messageOf({ ...development, [name]: 'name-of-the-site' })
    expect(message).toContain('COUNTERSIGN_MODE')
    expect(message).toContain(name)
    expect(message).not.toContain('name-of-the-site')
  })

  it.each([
    ['COUNTERSIGN_PUBLIC_URL', 'https://countersign.example.com'],
    ['COUNTERSIGN_KEY_VAULT_URL', 'https://countersign-sample.vault.azure.net'],
    ['COUNTERSIGN_AUDIT_TABLES_URL', 'https://sample.table.core.windows.net'],
    ['COUNTERSIGN_EVIDENCE_BLOBS_URL', 'https://127.0.0.1.attacker.example'],
    ['COUNTERSIGN_ENTRA_URL', 'https://localhost.attacker.example'],
    ['COUNTERSIGN_BACKENDS', '{"rest-entra-api":{"baseUrl":"https://orders.example.com"}}'],
    ['COUNTERSIGN_BACKENDS', '{"azure-postgresql":{"host":"db.example.com"}}'],
  ])('is refused where %s is %s', (name, value) => {
    const message = messageOf({ ...development, [name]: value })
    expect(message).toMatch(new RegExp(`\\b${name}\\b`))
    expect(message).not.toContain(value)
  })
})
