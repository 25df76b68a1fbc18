import { beforeEach, describe, expect, it, vi } from 'vitest'
import { monthlySecretName, retirementOf } from '../../../shared/audit/key-months.ts'
import { readStoredChain } from '../../../shared/audit/stored-chain.ts'
import { createVaultKeys } from '../../../shared/audit/vault-keys.ts'
import { verifyChain } from '../../../shared/audit/verify.ts'
import { heartbeat, openWriter } from './fixture.ts'
import { createMemoryRows } from './memory-rows.ts'
import { kidOf, resetVault, seed, settle, vault } from './vault-sdk.ts'

vi.mock('@azure/keyvault-secrets', async () => (await import('./vault-sdk.ts')).sdk)

const november = Date.parse('2026-11-30T23:59:00Z')
const december = Date.parse('2026-12-01T00:00:30Z')
const credential = { getToken: async () => null }
let now: number

function openKeys() {
  return createVaultKeys({ url: 'https://audit.vault.example', credential, clock: () => now })
}

beforeEach(() => {
  resetVault()
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

  it('stays the version in hand for five minutes, and then is the newer one, for which nobody waits', async () => {
    seed('audit-hmac-2026-11')
    now = Date.parse('2026-11-10T12:00:00Z')
    const keys = openKeys()
    const { kid } = await keys.current()
    const newer = seed('audit-hmac-2026-11')
    now += 299_000
    expect((await keys.current()).kid).toBe(kid)
    expect(vault.requests).toBe(1)
    now += 1000
    expect((await keys.current()).kid).toBe(kid)
    await settle()
    expect((await keys.current()).kid).toBe(kidOf('audit-hmac-2026-11', newer))
    expect(vault.requests).toBe(2)
  })

  it('stays in hand while the vault cannot confirm it', async () => {
    seed('audit-hmac-2026-11')
    now = Date.parse('2026-11-10T12:00:00Z')
    const keys = openKeys()
    const { kid } = await keys.current()
    vault.isAway = true
    for (let minutes = 0; minutes < 60; minutes++) {
      now += 60_000
      expect((await keys.current()).kid).toBe(kid)
      await settle()
    }
  })

  it.each([
    ['the vault is away', true],
    ['the next month has no secret', false],
  ])('is used after the month’s end where %s, and never once it is retired', async (_what, isAway) => {
    const old = seed('audit-hmac-2026-11', { expiresOn: new Date(retirementOf('audit-hmac-2026-11')) })
    const keys = openKeys()
    await keys.current()
    vault.isAway = isAway
    now = Date.parse('2026-12-01T23:58:59.999Z')
    expect((await keys.current()).kid).toBe(kidOf('audit-hmac-2026-11', old))
    now += 1
    await expect(keys.current()).rejects.toMatchObject({ code: 'audit_unavailable' })
    vault.isAway = false
    const next = seed('audit-hmac-2026-12')
    now += 30_000
    expect((await keys.current()).kid).toBe(kidOf('audit-hmac-2026-12', next))
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
