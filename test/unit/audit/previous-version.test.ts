import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { rowVersion } from '../../../shared/audit/record.ts'
import { readStoredChain } from '../../../shared/audit/stored-chain.ts'
import { verifyChain } from '../../../shared/audit/verify.ts'
import { createAuditWriter } from '../../../shared/audit/writer.ts'
import { called, heartbeat, key, kid, origin, permitted } from './fixture.ts'
import { createMemoryRows, type MemoryRows } from './memory-rows.ts'

/** What one version of the gateway has of the book. */
interface Version {
  readonly createAuditWriter: typeof createAuditWriter
  readonly verifyChain: typeof verifyChain
  readonly readStoredChain: typeof readStoredChain
  readonly rowVersion: number
}

const now: Version = { createAuditWriter, verifyChain, readStoredChain, rowVersion }
const previousFile = new URL('../../vectors/previous/audit.mjs', import.meta.url)
const previous: Version = await import(previousFile.href)

const keys = { current: async () => ({ kid, key }) }
const leaseMs = 5_000

function openAs(version: Version, rows: MemoryRows, clock: () => number = Date.now) {
  return version.createAuditWriter({ rows, keys, clock, random: randomBytes, origin, leaseMs })
}

type Writer = ReturnType<typeof openAs>

async function callAs(writer: Writer, decisionId: string): Promise<void> {
  await writer.recordOutcome(await writer.recordPermitted(permitted(decisionId)), called())
}

async function judge(version: Version, rows: MemoryRows, at = Date.now()) {
  const lookup = async (id: string) => (id === kid ? { key } : null)
  const { verdict, counts, findings } = await version.verifyChain({
    source: version.readStoredChain(rows),
    keys: lookup,
    now: at,
  })
  return { verdict, rows: counts.rows, kinds: findings.map(({ kind }) => kind) }
}

const idOf = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`

/** Makes three rows four, in an outcome. */
function changeRows(bytes: Uint8Array): boolean {
  const at = Buffer.from(bytes).indexOf('"rows":3')
  if (at >= 0) bytes[at + 7] = 0x34
  return at >= 0
}

describe('the previous version', () => {
  it('is another one than this, kept from a release', async () => {
    expect(await readFile(previousFile, 'utf8')).toMatch(
      /^\/\/ Made by infra\/build\/keep-previous\.ts from [0-9a-f]{40};/,
    )
    expect(previous.verifyChain).not.toBe(verifyChain)
    expect(previous.rowVersion).toBe(rowVersion)
  })

  it('writes side by side with this one, and each verifies the rows of both', async () => {
    const rows = createMemoryRows()
    const [old, fresh] = [openAs(previous, rows), openAs(now, rows)]
    const calls = Array.from({ length: 20 }, (_, at) => callAs(at % 2 === 0 ? old : fresh, idOf(at)))
    await Promise.all(calls)
    await Promise.all([old, fresh].map((writer) => writer.recordEvent(heartbeat)))
    await Promise.all([old.close(), fresh.close()])
    const [byNow, byPrevious] = [await judge(now, rows), await judge(previous, rows)]
    expect(byNow).toMatchObject({ verdict: 'PASS', kinds: [] })
    expect(byNow.rows).toBeGreaterThanOrEqual(42)
    expect(byPrevious).toEqual(byNow)
  })

  it.each([
    ['an upgrade', previous, now],
    ['a roll-back', now, previous],
  ] as const)('leaves its lane to the other after %s, without a gap', async (_, first, second) => {
    const rows = createMemoryRows()
    let time = Date.now()
    const clock = () => time
    const leaving = openAs(first, rows, clock)
    await callAs(leaving, idOf(1))
    await leaving.close()
    time += 2 * leaseMs
    const coming = openAs(second, rows, clock)
    await callAs(coming, idOf(2))
    await coming.close()
    for (const version of [now, previous])
      expect(await judge(version, rows, time)).toMatchObject({ verdict: 'PASS', kinds: [] })
  })

  it('closes an intent that the other left open', async () => {
    const rows = createMemoryRows()
    const old = openAs(previous, rows)
    const { lane, segment, seq, mac } = await old.recordPermitted(permitted(idOf(1)))
    const fresh = openAs(now, rows)
    const facts = called({ status: 'unknown', code: 'internal' })
    await fresh.recordReconciled({ lane, segment, seq, mac, decisionId: idOf(1) }, facts, Date.now() + 60_000)
    await Promise.all([old.close(), fresh.close()])
    for (const version of [now, previous]) expect((await judge(version, rows)).verdict).toBe('PASS')
  })

  it('finds what was changed in rows of this one', async () => {
    const rows = createMemoryRows()
    const fresh = openAs(now, rows)
    await callAs(fresh, idOf(1))
    await fresh.close()
    let changed = 0
    for (const { properties } of rows.tables.rows.values())
      for (const value of Object.values(properties)) changed += value instanceof Uint8Array && changeRows(value) ? 1 : 0
    expect(changed).toBe(1)
    expect((await judge(previous, rows)).verdict).toBe('FAIL')
  })
})
