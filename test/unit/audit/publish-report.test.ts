import { spawnSync } from 'node:child_process'
import { hash, verify } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { createPublisher, type PublisherOptions, readHistory } from '../../../shared/audit/publish-report.ts'
import { reportName } from '../../../shared/audit/report-name.ts'
import type { Report } from '../../../shared/audit/report-schema.ts'
import { quietFacts } from '../../support/report-week.ts'
import { needs } from '../../support/tools.ts'
import { logKey, signWith } from './memory-anchors.ts'

// Imitates a container under an immutability policy in memory: the same bytes may be put again, others reject. Differs:
// it can be told to fail at one put, before or after it took the bytes.
function createWorm() {
  const files = new Map<string, Uint8Array>()
  const fault = { at: -1, isAfter: false, puts: 0 }
  return {
    files,
    fault,
    async put(name: string, bytes: Uint8Array) {
      const isNow = fault.puts++ === fault.at
      if (isNow && !fault.isAfter) throw new Error('away')
      const kept = files.get(name)
      if (kept && Buffer.compare(kept, bytes) !== 0) throw new Error('other bytes')
      files.set(name, bytes)
      if (isNow) throw new Error('the reply was lost')
    },
    read: async (name: string) => files.get(name) ?? null,
    list: async (prefix: string) => [...files.keys()].filter((name) => name.startsWith(prefix)).sort(),
  }
}

let store: ReturnType<typeof createWorm>
const date = '2026-11-18'
const publisher = (more: Partial<PublisherOptions> = {}) => createPublisher({ store, sign: signWith(logKey), ...more })
const file = (name: Parameters<typeof reportName>[1], of = date) => store.files.get(reportName(of, name))!

beforeEach(() => {
  store = createWorm()
})

describe('publishing', () => {
  it('keeps the report, its page and a signature over its bytes', async () => {
    const published = await publisher()(quietFacts(date))
    expect([...store.files.keys()].sort()).toEqual([
      'reports/2026-11-18/report.html',
      'reports/2026-11-18/report.json',
      'reports/2026-11-18/report.json.sig',
    ])
    expect(published).toMatchObject({ date, digest: hash('sha256', file('report.json'), 'hex') })
    expect(verify('sha256', file('report.json'), logKey.publicKey, file('report.json.sig'))).toBe(true)
    expect(Buffer.from(file('report.html')).toString('utf8')).toContain(published.digest)
  })

  needs('openssl')('makes a signature that openssl takes', async () => {
    await publisher()(quietFacts(date))
    const folder = mkdtempSync(join(tmpdir(), 'report-'))
    try {
      writeFileSync(join(folder, 'log-public.pem'), logKey.publicKey.export({ type: 'spki', format: 'pem' }))
      for (const name of ['report.json', 'report.json.sig'] as const) writeFileSync(join(folder, name), file(name))
      const { attestation } = JSON.parse(Buffer.from(file('report.json')).toString('utf8')) as Report
      const [command = '', ...args] = attestation.command.split(' ')
      expect(spawnSync(command, args, { cwd: folder, encoding: 'utf8' })).toMatchObject({ status: 0 })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('answers the same when the same run publishes again, and changes nothing', async () => {
    const first = await publisher()(quietFacts(date))
    const before = new Map(store.files)
    const again = await publisher()(quietFacts(date, { endedAt: '2026-11-18T02:00:00.000Z' }))
    expect(again).toEqual(first)
    expect(store.files).toEqual(before)
  })

  it('refuses a second report of one night by another run', async () => {
    await publisher()(quietFacts(date))
    const other = publisher()(quietFacts(date, { runId: 'another' }))
    await expect(other).rejects.toMatchObject({ code: 'internal' })
  })

  it('refuses where something else is kept under the name', async () => {
    store.files.set(reportName(date, 'report.json'), Buffer.from('{}'))
    await expect(publisher()(quietFacts(date))).rejects.toMatchObject({ code: 'internal' })
  })

  it.each([0, 1, 2].flatMap((at) => [true, false].map((isAfter) => [at, isAfter] as const)))(
    'is completed by the next attempt when put %i fails (after it was taken: %s)',
    async (at, isAfter) => {
      Object.assign(store.fault, { at, isAfter })
      await publisher()(quietFacts(date)).catch(() => undefined)
      const { digest } = await publisher()(quietFacts(date, { endedAt: '2026-11-18T02:00:00.000Z' }))
      expect([store.files.size, hash('sha256', file('report.json'), 'hex')]).toEqual([3, digest])
      expect(verify('sha256', file('report.json'), logKey.publicKey, file('report.json.sig'))).toBe(true)
    },
  )

  it('adds a time stamp where there is an authority, and goes without it where that is away', async () => {
    await publisher({ stamp: async () => null })(quietFacts(date))
    expect(file('report.json.tsr')).toBeUndefined()
    await publisher({ stamp: async (bytes) => bytes.subarray(0, 4) })(quietFacts(date))
    expect(file('report.json.tsr')).toEqual(file('report.json').subarray(0, 4))
  })
})

describe('the history', () => {
  it('is read from the reports before, and an unreadable one is left out', async () => {
    for (const day of ['2026-11-16', '2026-11-17', date]) await publisher()(quietFacts(day))
    store.files.set(reportName('2026-11-15', 'report.json'), Buffer.from('not a report'))
    const history = await readHistory(store, date)
    expect(history.map((summary) => summary.date)).toEqual(['2026-11-16', '2026-11-17'])
  })

  it('is at most 30 nights', async () => {
    for (let day = 1; day <= 30; day++) await publisher()(quietFacts(`2026-10-${String(day).padStart(2, '0')}`))
    await publisher()(quietFacts('2026-11-01'))
    const history = await readHistory(store, date)
    expect([history.length, history[0]?.date]).toEqual([30, '2026-10-02'])
  })
})
