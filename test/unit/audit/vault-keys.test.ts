import { randomBytes } from 'node:crypto'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { readStoredChain } from '../../../shared/audit/stored-chain.ts'
import { createVaultKeys, monthlySecretName } from '../../../shared/audit/vault-keys.ts'
import { verifyChain } from '../../../shared/audit/verify.ts'
import { heartbeat, openWriter } from './fixture.ts'
import { createMemoryRows } from './memory-rows.ts'

interface Version {
  readonly version: string
  readonly value: string
  readonly enabled: boolean
  readonly expiresOn?: Date
}

// In place of the SDK's client: secrets with versions, the newest last, and the errors that the service answers with.
const vault = vi.hoisted(() => ({ secrets: new Map<string, unknown[]>(), isAway: false, requests: 0 }))

vi.mock('@azure/keyvault-secrets', () => ({
  SecretClient: class {
    async getSecret(name: string, options: { version?: string }) {
      const versions = await answer(name)
      const found = options.version ? versions.find(({ version }) => version === options.version) : versions.at(-1)
      if (!found) throw failure(404)
      if (!found.enabled) throw failure(403)
      return { value: found.value, properties: { version: found.version } }
    }
    async *listPropertiesOfSecretVersions(name: string) {
      for (const { version, expiresOn } of await answer(name)) yield { version, expiresOn }
    }
  },
}))

async function answer(name: string): Promise<Version[]> {
  vault.requests++
  if (vault.isAway) throw Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })
  const versions = vault.secrets.get(name) as Version[] | undefined
  if (!versions) throw failure(404)
  return versions
}

function failure(statusCode: number): Error {
  return Object.assign(new Error('refused'), { statusCode })
}

function seed(name: string, more: Partial<Version> & { size?: number } = {}): Version {
  const { size = 32, ...settings } = more
  const version = randomBytes(16).toString('hex')
  const made = { version, value: randomBytes(size).toString('base64'), enabled: true, ...settings }
  vault.secrets.set(name, [...(vault.secrets.get(name) ?? []), made])
  return made
}

const november = Date.parse('2026-11-30T23:59:00Z')
const december = Date.parse('2026-12-01T00:00:30Z')
const credential = { getToken: async () => null }
let now: number

function openKeys() {
  return createVaultKeys({ url: 'https://audit.vault.example', credential, clock: () => now })
}

function kidOf(name: string, { version }: Version): string {
  return `${name}/${version.slice(0, 8)}`
}

beforeEach(() => {
  vault.secrets.clear()
  vault.isAway = false
  vault.requests = 0
  now = november
})

describe('the key of the current month', () => {
  it('is that month’s secret, its id made of name and version, asked for once', async () => {
    const secret = seed('audit-hmac-2026-11')
    const keys = openKeys()
    const [one, other] = await Promise.all([keys.current(), keys.current()])
    expect(one.kid).toBe(kidOf('audit-hmac-2026-11', secret))
    expect(one.key.export()).toEqual(Buffer.from(secret.value, 'base64'))
    expect((await keys.current()).kid).toBe(other.kid)
    expect(vault.requests).toBe(1)
  })

  it('stays the version in hand within a month, though a newer one is set', async () => {
    seed('audit-hmac-2026-11')
    const keys = openKeys()
    const { kid } = await keys.current()
    seed('audit-hmac-2026-11')
    expect((await keys.current()).kid).toBe(kid)
  })

  it.each<[string, () => void]>([
    ['there is no such secret', () => undefined],
    ['it is disabled', () => void seed('audit-hmac-2026-11', { enabled: false })],
    ['it is shorter than 32 bytes', () => void seed('audit-hmac-2026-11', { size: 31 })],
    ['its version is no id', () => void seed('audit-hmac-2026-11', { version: 'short' })],
    [
      'the vault is away',
      () => {
        seed('audit-hmac-2026-11')
        vault.isAway = true
      },
    ],
  ])('is refused where %s, and nothing is recorded', async (_what, prepare) => {
    prepare()
    const keys = openKeys()
    await expect(keys.current()).rejects.toMatchObject({ code: 'audit_unavailable' })
    const writer = openWriter(createMemoryRows(), { keys, clock: () => now })
    await expect(writer.recordEvent(heartbeat)).rejects.toMatchObject({ code: 'audit_unavailable' })
  })

  it('is had once the vault is back', async () => {
    seed('audit-hmac-2026-11')
    vault.isAway = true
    const keys = openKeys()
    await expect(keys.current()).rejects.toMatchObject({ code: 'audit_unavailable' })
    vault.isAway = false
    expect((await keys.current()).kid).toMatch(/^audit-hmac-2026-11\//)
  })

  it('goes on into the next month while the vault is away, and changes within a minute of its return', async () => {
    const [old, next] = [seed('audit-hmac-2026-11'), seed('audit-hmac-2026-12')]
    const keys = openKeys()
    await keys.current()
    now = december
    vault.isAway = true
    expect((await keys.current()).kid).toBe(kidOf('audit-hmac-2026-11', old))
    const asked = vault.requests
    await keys.current()
    expect(vault.requests).toBe(asked)
    vault.isAway = false
    now += 60_000
    expect((await keys.current()).kid).toBe(kidOf('audit-hmac-2026-12', next))
  })
})

describe('a change of month', () => {
  it('is announced by a row under the old key, and both months verify', async () => {
    const [old, next] = [seed('audit-hmac-2026-11'), seed('audit-hmac-2026-12')]
    const store = createMemoryRows()
    const keys = openKeys()
    const writer = openWriter(store, { keys, clock: () => now })
    await writer.recordEvent(heartbeat)
    now = december
    await writer.recordEvent(heartbeat)
    await writer.close()
    const rows = [...store.tables.rows.values()].filter(({ rowKey }) => rowKey !== '!head')
    const [oldKid, nextKid] = [kidOf('audit-hmac-2026-11', old), kidOf('audit-hmac-2026-12', next)]
    expect(rows.map(({ properties }) => [properties.kind, properties.kid])).toEqual([
      ['lane-open', oldKid],
      ['heartbeat', oldKid],
      ['keychange', oldKid],
      ['heartbeat', nextKid],
    ])
    const report = await verifyChain({ source: readStoredChain(store), keys: openKeys().find, now })
    expect([report.verdict, report.counts.verified]).toEqual(['PASS', 4])
  })
})

describe('the verifier', () => {
  it('finds an older version and an older month, with the time of retirement', async () => {
    const expiresOn = new Date('2026-11-05T00:00:00Z')
    const [first, second] = [seed('audit-hmac-2026-11', { expiresOn }), seed('audit-hmac-2026-11')]
    const older = seed('audit-hmac-2025-01')
    const keys = openKeys()
    const found = await Promise.all([
      keys.find(kidOf('audit-hmac-2026-11', first)),
      keys.find(kidOf('audit-hmac-2026-11', second)),
      keys.find(kidOf('audit-hmac-2025-01', older)),
    ])
    expect(found.map((each) => each?.key.export().toString('base64'))).toEqual([first.value, second.value, older.value])
    expect(found.map((each) => each?.retiredAt)).toEqual([expiresOn.toISOString(), undefined, undefined])
  })

  it.each([
    ['a version that does not exist', 'audit-hmac-2026-11/00000000'],
    ['a month without a secret', 'audit-hmac-1999-01/00000000'],
    ['another secret of the vault', 'mask-key/00000000'],
    ['part of a version', 'audit-hmac-2026-11/0'],
    ['nothing', ''],
  ])('has no key for %s', async (_what, kid) => {
    seed('audit-hmac-2026-11')
    seed('mask-key', { version: '00000000aaaaaaaa' })
    expect(await openKeys().find(kid)).toBeNull()
  })

  it('cannot say where the vault is away, or the version is disabled', async () => {
    const disabled = seed('audit-hmac-2026-11', { enabled: false })
    const kid = kidOf('audit-hmac-2026-11', disabled)
    await expect(openKeys().find(kid)).rejects.toMatchObject({ code: 'audit_unavailable' })
    vault.isAway = true
    await expect(openKeys().find(kid)).rejects.toMatchObject({ code: 'audit_unavailable' })
  })
})

describe('the name of a month’s secret', () => {
  it.each([
    ['2026-11-30T23:59:59.999Z', 'audit-hmac-2026-11'],
    ['2026-12-01T00:00:00.000Z', 'audit-hmac-2026-12'],
    ['2027-01-01T00:30:00+01:00', 'audit-hmac-2026-12'],
  ])('at %s is %s', (time, name) => {
    expect(monthlySecretName(Date.parse(time))).toBe(name)
  })
})
