import { createSecretKey, randomBytes } from 'node:crypto'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { runKeeping } from '../../../shared/audit/keeping.ts'
import { keepMonths } from '../../../shared/audit/key-keeper.ts'
import { retirementOf, secretsDue } from '../../../shared/audit/key-months.ts'
import { rotateKey } from '../../../shared/audit/key-rotation.ts'
import { readStoredChain } from '../../../shared/audit/stored-chain.ts'
import { createVaultKeys } from '../../../shared/audit/vault-keys.ts'
import { createVaultMonths } from '../../../shared/audit/vault-months.ts'
import { type VerifyReport, verifyChain } from '../../../shared/audit/verify.ts'
import { heartbeat, openWriter, recordCall } from './fixture.ts'
import { createMemoryErasure, createMemoryRemoval } from './memory-erasure.ts'
import { createMemoryRows, type MemoryRows } from './memory-rows.ts'
import { kidOf, resetVault, seed, settle, vault } from './vault-sdk.ts'

vi.mock('@azure/keyvault-secrets', async () => (await import('./vault-sdk.ts')).sdk)

const minute = 60_000
const november = 'audit-hmac-2026-11'
const december = 'audit-hmac-2026-12'
const access = { url: 'https://audit.vault.example', credential: { getToken: async () => null } }
const desk = createVaultMonths(access)
const ticket = 'ab'.repeat(32)
let rows: MemoryRows
let now: number

beforeEach(() => {
  resetVault()
  rows = createMemoryRows()
  now = Date.parse('2026-11-10T12:00:00Z')
})

const keep = () => keepMonths({ desk, rows, clock: () => now, random: randomBytes })
const rotate = () => rotateKey({ desk, now, random: randomBytes, ticket })
const openKeys = (clock = () => now) => createVaultKeys({ ...access, clock })
const verify = (): Promise<VerifyReport> =>
  verifyChain({ source: readStoredChain(rows), keys: openKeys().find, now: now + 40 * 86_400_000, grace: 1e12 })
const kinds = ({ findings }: VerifyReport) => findings.map(({ kind }) => kind)

describe('the secrets that must be there', () => {
  it.each([
    ['2026-11-10T12:00:00Z', november, 'audit-hmac-2027-12'],
    ['2026-12-31T23:59:59.999Z', december, 'audit-hmac-2028-01'],
    ['2027-01-31T00:00:00Z', 'audit-hmac-2027-01', 'audit-hmac-2028-02'],
  ])('at %s are 14, from %s to %s', (time, first, last) => {
    const names = secretsDue(Date.parse(time)).map(({ name }) => name)
    expect([names.length, new Set(names).size, names[0], names.at(-1)]).toEqual([14, 14, first, last])
  })

  it('retire a day after their month', () => {
    expect(new Date(retirementOf(december)).toISOString()).toBe('2027-01-02T00:00:00.000Z')
    expect(retirementOf('mask-key')).toBeNaN()
  })
})

describe('the keeper of the months', () => {
  it('makes what is missing, once, each with its retirement and 32 bytes of its own', async () => {
    seed(november)
    const { made, late } = await keep()
    expect([made.length, late]).toEqual([13, []])
    expect((await keep()).made).toEqual([])
    const all = [...vault.secrets.entries()]
    expect(all.map(([, versions]) => versions.length)).toEqual(Array(14).fill(1))
    expect(all.map(([name, [one]]) => one?.expiresOn?.getTime() === retirementOf(name))).toEqual(Array(14).fill(true))
    const values = all.map(([, [one]]) => one?.value ?? '')
    expect([new Set(values).size, values.every((value) => Buffer.from(value, 'base64').length === 32)]).toEqual([
      14,
      true,
    ])
  })

  it('says that the current month’s came late', async () => {
    const { late } = await keep()
    expect(late.map((kid) => kid.split('/')[0])).toEqual([november])
  })

  it.each([
    ['makes thirteen ahead', 0, Date.parse('2028-01-01T00:00:00Z')],
    ['finds them there a month later', 30 * 86_400_000, Date.parse('2028-02-01T00:00:00Z')],
  ])('says how many days there are keys for: it %s', async (_what, later, end) => {
    await keep()
    now += later
    const { daysAhead } = await keep()
    expect(daysAhead).toBe(Math.floor((end - now) / 86_400_000))
  })

  it('counts no day past the first month that is missing, where another one has it in hand', async () => {
    await keep()
    vault.secrets.delete('audit-hmac-2027-02')
    const { daysAhead } = await keep()
    expect(daysAhead).toBe(Math.floor((Date.parse('2027-02-01T00:00:00Z') - now) / 86_400_000))
  })

  it('never makes a second version where two run at once', async () => {
    await Promise.all([keep(), keep(), keep()])
    expect([...vault.secrets.values()].map((versions) => versions.length)).toEqual(Array(14).fill(1))
  })

  it('takes over, after ten minutes, from one that died before it had made the secret', async () => {
    const dies = { ...desk, add: async () => Promise.reject(new Error('killed')) }
    await expect(keepMonths({ desk: dies, rows, clock: () => now, random: randomBytes })).rejects.toThrow('killed')
    now += 9 * minute
    expect((await keep()).made.map((kid) => kid.split('/')[0])).not.toContain(november)
    now += minute
    expect((await keep()).made.map((kid) => kid.split('/')[0])).toEqual([november])
  })

  it('makes nothing where the vault is away', async () => {
    vault.isAway = true
    await expect(keep()).rejects.toMatchObject({ code: 'audit_unavailable' })
    expect(vault.secrets.size).toBe(0)
  })
})

describe('a change of month', () => {
  const monthEnd = Date.parse('2026-12-01T00:00:00Z')

  it.each([
    ['right', 0],
    ['five minutes fast', 5 * minute],
    ['five minutes slow', -5 * minute],
  ])('leaves no finding where the clock is %s, whatever the lane’s last writer had', async (_what, skew) => {
    await keep()
    const clock = () => now + skew
    const one = openWriter(rows, { keys: openKeys(clock), clock })
    const two = openWriter(rows, { keys: openKeys(), clock: () => now })
    for (now = monthEnd - 8 * minute; now < monthEnd + 8 * minute; now += minute) {
      await recordCall(one, `one-${now}`)
      await recordCall(two, `two-${now}`)
    }
    await Promise.all([one.close(), two.close()])
    const later = openWriter(rows, { keys: openKeys(), clock: () => now })
    await recordCall(later, 'later')
    const report = await verify()
    expect([report.verdict, report.counts.intents]).toEqual(['PASS', 33])
    const used = new Set([...rows.tables.rows.values()].map(({ properties }) => String(properties.kid).split('/')[0]))
    expect([...used].sort()).toEqual([november, december])
  })

  it('goes on under the old key while the vault is away at midnight, and all of it verifies', async () => {
    await keep()
    now = monthEnd - minute
    const writer = openWriter(rows, { keys: openKeys(), clock: () => now })
    await recordCall(writer, 'before')
    vault.isAway = true
    for (let hour = 0; hour < 23; hour++) {
      now = monthEnd + hour * 60 * minute
      await recordCall(writer, `away-${hour}`)
    }
    vault.isAway = false
    now += 60 * minute
    await recordCall(writer, 'after')
    const report = await verify()
    expect([report.verdict, report.counts.intents]).toEqual(['PASS', 25])
  })

  it('refuses rather than write under a retired key', async () => {
    await keep()
    const writer = openWriter(rows, { keys: openKeys(), clock: () => now })
    await recordCall(writer, 'before')
    vault.isAway = true
    now = monthEnd + 24 * 60 * minute
    await expect(writer.recordEvent(heartbeat)).rejects.toMatchObject({ code: 'audit_unavailable' })
    expect((await verify().catch(() => null))?.verdict).toBe('INCOMPLETE')
    vault.isAway = false
    expect((await verify()).verdict).toBe('PASS')
  })
})

describe('a rotation in the middle of a month', () => {
  it('is taken up by running writers within five minutes, announced, and all of it verifies', async () => {
    await keep()
    const writers = [0, 1].map(() => openWriter(rows, { keys: openKeys(), clock: () => now }))
    const record = async (label: string) => {
      for (const [index, writer] of writers.entries()) await recordCall(writer, `${label}-${index}`)
    }
    await record('before')
    expect((await verify()).verdict).toBe('PASS')
    const { to, from, retiredAt } = await rotate()
    expect(retiredAt).toBe(new Date(now + 15 * minute).toISOString())
    await record('at once')
    now += 5 * minute
    await record('asks')
    await settle()
    await record('then')
    now += 20 * minute
    await record('later')
    const report = await verify()
    expect([report.verdict, report.counts.intents]).toEqual(['PASS', 10])
    const stored = [...rows.tables.rows.values()].map(({ properties }) => properties)
    expect(stored.filter(({ kind }) => kind === 'keychange')).toHaveLength(2)
    expect(new Set(stored.filter(({ state }) => state === undefined).map(({ kid }) => kid))).toEqual(
      new Set([...from, to]),
    )
  })

  it('makes a row under the old key a finding once that has retired', async () => {
    await keep()
    const thief = openKeys()
    const stolen = await thief.current()
    const { retiredAt } = await rotate()
    for (const [at, expected] of [
      [Date.parse(retiredAt), []],
      [Date.parse(retiredAt) + 1, ['retired_key']],
    ] as const) {
      rows = createMemoryRows()
      const writer = openWriter(rows, { keys: { current: async () => stolen }, clock: () => at })
      await writer.recordEvent(heartbeat)
      // The opening of the lane, and the event.
      expect(new Set(kinds(await verify()))).toEqual(new Set(expected))
    }
  })

  it('is finished by repeating it, and is no second rotation', async () => {
    const old = seed(november)
    vault.isBroken = true
    await expect(rotate()).rejects.toMatchObject({ code: 'audit_unavailable' })
    vault.isBroken = false
    now += minute
    const done = await rotate()
    expect([vault.secrets.get(november)?.length, done.from]).toEqual([2, [kidOf(november, old)]])
    expect(vault.secrets.get(november)?.[0]?.expiresOn?.toISOString()).toBe(done.retiredAt)
    now += minute
    expect((await rotate()).retiredAt).toBe(done.retiredAt)
    expect(vault.secrets.get(november)).toHaveLength(2)
  })

  it('reads no value', async () => {
    seed(november)
    const asked = vault.values
    await rotate()
    await keep()
    expect(vault.values).toBe(asked)
  })
})

describe('the daily housekeeping', () => {
  it('makes keys, gives up what is old, and sweeps, each time what is left to do', async () => {
    const writer = openWriter(rows, {
      keys: { current: async () => ({ kid: 'k/00000000', key: createSecretKey(Buffer.alloc(32)) }) },
    })
    const nothing = {
      seals: async () => [],
      retained: async () => new Set<string>(),
      appendRetention: async () => undefined,
    }
    const options = {
      ...{ desk, rows, clock: () => now, random: randomBytes, audit: writer, days: 183 },
      ...{ book: createMemoryRemoval(rows), store: createMemoryErasure(rows), anchors: nothing },
    }
    const first = await runKeeping(options)
    expect([first.keys.made.length, first.retention, first.orphans]).toEqual([
      14,
      { removed: [], holds: [], approvals: 0 },
      0,
    ])
    expect((await runKeeping(options)).keys.made).toEqual([])
  })
})
