import { createSecretKey, randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { readProgress, saveProgress } from '../../../shared/audit/reconcile-progress.ts'
import { takeClaim } from '../../../shared/audit/reconcile-state.ts'
import { buildReport } from '../../../shared/audit/report.ts'
import { summarizeReport } from '../../../shared/audit/report-history.ts'
import { createRunDocuments } from '../../../shared/audit/run-documents.ts'
import { createRunKeys, runSecret } from '../../../shared/audit/run-key.ts'
import { guardRuns } from '../../../shared/audit/run-memory.ts'
import { createVaultKeys } from '../../../shared/audit/vault-keys.ts'
import { createVaultMonths } from '../../../shared/audit/vault-months.ts'
import { createNightWorld, day, judge, minute, type NightWorld, recordCalls } from '../../support/night-world.ts'
import { quietFacts } from '../../support/report-week.ts'
import { key, kid } from './fixture.ts'
import { createMemoryRows, keyOf, type MemoryRows } from './memory-rows.ts'
import { resetVault, seed, vault } from './vault-sdk.ts'

vi.mock('@azure/keyvault-secrets', async () => (await import('./vault-sdk.ts')).sdk)

const hour = 60 * minute
const run = '2026-11-23'

let rows: MemoryRows
let world: NightWorld

beforeEach(async () => {
  rows = createMemoryRows({ pageSize: 50 })
  world = createNightWorld(rows)
  const writer = world.openWriter(10)
  await recordCalls(writer, 'c', 12)
  await writer.close()
  world.now += hour
  await world.seal()
})
afterEach(() => world.close())

/** Writes into the table of runs as somebody with the account could. */
function plant(partitionKey: string, rowKey: string, properties: Record<string, unknown>): void {
  rows.tables.runs.set(keyOf(partitionKey, rowKey), { partitionKey, rowKey, etag: 'planted', properties })
}

function editRow(seq: number): void {
  const id = keyOf('L01|000001', `r${String(seq).padStart(16, '0')}`)
  const stored = rows.tables.rows.get(id)
  if (!stored) throw new Error(`no ${id}`)
  rows.tables.rows.set(id, { ...stored, properties: { ...stored.properties, c: Buffer.from('{"a":1}') } })
}

describe('a holder of the key of rows', () => {
  it('cannot write down what a walk of the rows found', async () => {
    await world.work(await world.wake())
    const [sound] = [rows.tables.runs.get(keyOf(`run|${run}`, 'result|L01|000001'))]
    if (!sound) throw new Error('no result')
    const common = { rows, find: world.ports.runKeys.find, pacing: world.ports }
    const value = await createRunDocuments({ ...common, current: world.ports.runKeys.current }).read({
      run,
      name: 'result|L01|000001',
    })
    for (const id of [...rows.tables.runs.keys()]) rows.tables.runs.delete(id)
    world.reports.clear()
    editRow(5)
    const forger = createRunDocuments({ ...common, current: async () => ({ kid, key }) })
    await forger.put({ run, name: 'result|L01|000001' }, value).catch(() => undefined)
    world.asked.isDone = false
    await world.work(await world.wake())
    world.now += 3 * hour
    await world.wake()
    expect(['FAIL', 'INCOMPLETE']).toContain(judge([...world.reports.values()][0]?.facts as never))
  })
})

describe('somebody who may write the table of runs', () => {
  it.each(['2026-12-31', '9999-12-31', 'zzz'])('cannot keep nights away by one that is to come (%s)', async (date) => {
    plant('run', date, { step: 'told', begunAt: '', owner: 'x', until: '' })
    expect(judge(await world.night())).toBe('PASS')
  })

  it('cannot hold a night for good', async () => {
    await world.wake()
    const stored = rows.tables.runs.get(keyOf('run', run))
    plant('run', run, { ...stored?.properties, owner: 'x', until: '9999-01-01T00:00:00.000Z' })
    expect(judge(await world.night())).toBe('PASS')
  })

  it.each(['beginning', 'plan', 'extent', 'outcome', 'published', 'recording', 'recorded'])(
    'cannot keep a night from being reported by a document of his own (%s)',
    async (name) => {
      const properties = { digest: '0'.repeat(64), size: 1, kid, mac: Buffer.alloc(32), c: Buffer.from('{}') }
      plant(`run|${run}`, name, properties)
      expect(judge(await world.night())).toBe('PASS')
    },
  )

  it.each([
    ['of a lane that is far away', 'L999999999', 1],
    ['of a segment that is far away', 'L01', 900_000_000],
  ])('cannot lose the walk in a lease %s', async (_, lane, segment) => {
    const properties = { owner: 'x', until: '2026-01-01T00:00:00.000Z', term: 1, segment }
    rows.tables.meta.set(keyOf('lane', lane), { partitionKey: 'lane', rowKey: lane, etag: 'planted', properties })
    const facts = await world.night()
    expect(facts.rows.verified).toBe(facts.rows.found)
    expect([facts.rows.verified > 24, facts.segments.expected < 50]).toEqual([true, true])
  })

  it.each([['run', run, { step: 'told', begunAt: '', owner: 'x', until: '' }]] as const)(
    'cannot say that a night was told (%s)',
    async (partition, name, properties) => {
      plant(partition, name, properties)
      const guarded = createNightWorld(guardRuns(rows, world.ports.runKeys), world)
      expect(judge(await guarded.night())).toBe('PASS')
      await guarded.close()
    },
  )
})

describe('what the reconciler remembers', () => {
  const runKey = { kid: 'audit-runs/00000001', key: createSecretKey(randomBytes(32)) }
  const keys = { current: async () => runKey, find: async (id: string) => (id === runKey.kid ? runKey : null) }
  const start = { from: 1, positions: {} }
  const progress = { date: run, before: start, after: start, known: ['someone'] }

  it('is read as it was written, and is nothing where somebody else wrote it', async () => {
    const store = guardRuns(rows, keys)
    await saveProgress(store, 'db', progress)
    expect(await readProgress(store, 'db')).toEqual(progress)
    await saveProgress(rows, 'db', { ...progress, after: { from: 9e12, positions: {} } })
    expect(await readProgress(store, 'db')).toBeNull()
    await saveProgress(store, 'db', progress)
    expect(await readProgress(store, 'db')).toEqual(progress)
  })

  it('names no open call that it has not seen', async () => {
    const store = guardRuns(rows, keys)
    const state = { positions: { L01: { segment: 1, nextSeq: 9e6 } }, open: [{ decisionId: 'd' }], early: [] }
    plant('reconcile', 'dangling', { owner: 'x', until: '', s0: Buffer.from(JSON.stringify(state)) })
    const claim = await takeClaim(store, { owner: 'o', now: day, duration: 1, margin: 0 })
    expect(claim?.state).toEqual({ positions: {}, open: [], early: [] })
  })

  it('is not written without a key', async () => {
    const away = { ...keys, current: async () => Promise.reject(new Error('away')) }
    await expect(saveProgress(guardRuns(rows, away), 'db', progress)).rejects.toMatchObject({
      code: 'audit_unavailable',
    })
  })
})

describe('the verifier’s own key', () => {
  const credential = { getToken: async () => null }
  const access = { url: 'https://audit.vault.example', credential, clock: () => world.now }
  const open = () =>
    createRunKeys({
      ...{ desk: createVaultMonths(access), rows, clock: () => world.now, random: randomBytes },
      keys: createVaultKeys({ ...access, secret: runSecret }),
    })

  it('is made once, whoever asks first, and is none of the months’', async () => {
    resetVault()
    const month = seed('audit-hmac-2026-11')
    const { kid: first } = await open().current()
    expect([first.split('/')[0], (await open().current()).kid]).toEqual([runSecret, first])
    expect(vault.secrets.get(runSecret)).toHaveLength(1)
    // The vault's client writes seconds in 32 bits.
    expect(vault.secrets.get(runSecret)?.[0]?.expiresOn?.getTime()).toBeLessThan(2 ** 31 * 1000)
    expect(await open().find(`audit-hmac-2026-11/${month.version.slice(0, 8)}`)).toBeNull()
    expect(await createVaultKeys(access).find(first)).toBeNull()
    const keys = open()
    expect((await keys.find(first))?.key.export()).toEqual((await keys.current()).key.export())
    const asked = vault.requests
    for (let reading = 0; reading < 9; reading++) await keys.find(first)
    expect(vault.requests).toBe(asked)
  })

  it('is made though somebody has claimed it for a time that is to come', async () => {
    resetVault()
    plant('key-month', runSecret, { at: 9e15 })
    expect((await open().current()).kid).toMatch(/^audit-runs\//)
  })
})

describe('a report whose night knows of none before', () => {
  it('is INCOMPLETE where one is kept', () => {
    const before = summarizeReport(buildReport(quietFacts('2026-11-17'), []))
    const facts = quietFacts('2026-11-18', { since: null })
    const codes = (history: Parameters<typeof buildReport>[1]) =>
      buildReport(facts, history).verdict.because.map(({ code }) => code)
    expect(codes([before])).toContain('memory_lost')
    expect(codes([])).not.toContain('memory_lost')
  })
})
