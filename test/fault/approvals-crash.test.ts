import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTableApprovals } from '../../shared/approval/table-approvals.ts'
import type { RowStore } from '../../shared/audit/store.ts'
import type { AuditWriter } from '../../shared/audit/writer.ts'
import { sealApprovals } from '../support/approval-sealed.ts'
import { carol, createApprovalWorld } from '../support/approval-world.ts'
import type { Faults } from '../support/line-world.ts'
import { createMortal } from '../support/mortal.ts'
import { openWriter, verify } from '../unit/audit/fixture.ts'
import { createMemoryRows } from '../unit/audit/memory-rows.ts'
import { connectionStringOf, openRows, startTableServer, type TableServer } from './audit-azurite.ts'

let server: TableServer
let tables = 0

beforeAll(async () => {
  server = await startTableServer()
}, 30_000)
afterAll(() => server.stop())

/** One book and one table of approvals, the latter on a real table server, and the processes that come and go. */
function openSite(rows: RowStore = createMemoryRows()) {
  tables += 1
  const name = `crash${tables}`
  const account = { connectionString: connectionStringOf(server.port) }
  const writers: AuditWriter[] = []
  const calls: object[] = []
  const start = (faults: Faults = {}, death?: number) => {
    const mortal = createMortal(death)
    const store = sealApprovals(createTableApprovals({ account, table: name, allowInsecure: true, timeout: 10_000 }))
    const writer = openWriter(rows, { limits: { deadline: 10_000 } })
    writers.push(writer)
    const seen = (use: number) => {
      calls.push({ use })
      return faults.call?.(use) ?? {}
    }
    const wrap = (ports: Parameters<typeof mortal.wrap>[0]) => mortal.wrap({ ...ports, audit: writer })
    const world = createApprovalWorld({ ...faults, call: seen }, { store, wrap, newId: randomUUID })
    return { ...world, end: mortal.end, used: mortal.used, store }
  }
  const judge = async () => {
    await Promise.all(writers.map((writer) => writer.close()))
    const report = await verify(rows, { now: Date.now() + 3_600_000 })
    return report.findings.map(({ kind }) => kind)
  }
  return { start, calls, judge }
}

type Site = ReturnType<typeof openSite>
type Process = ReturnType<Site['start']>

/** Alice asks, carol agrees, alice calls: what one process does if it lives. */
async function live({ call, vote }: Process): Promise<'alive'> {
  const { body } = await call()
  await vote(body.approval.id)
  await call()
  return 'alive'
}

/** What people do after a crash, through another process: ask, agree where that is still wanted, and call again. */
async function goOn(process: Process, voter = carol): Promise<readonly string[]> {
  const codes: string[] = []
  for (let turn = 0; turn < 3; turn++) {
    const { code, body } = await process.call()
    codes.push(code)
    if (code === 'approval_pending') await process.vote(body.approval.id, {}, voter)
  }
  return codes
}

const steps = [
  ...['latest', 'recordEvent', 'insert', 'find', 'recordRefused', 'recordOutcome'],
  ...['find', 'find', 'recordEvent', 'replace'],
  ...['latest', 'replace', 'recordPermitted', 'exchange', 'recordEvent', 'spend', 'call', 'recordOutcome', 'replace'],
] as const
const claim = 12
const call = 17

// What is left behind after one step is what is left behind before the next.
const deaths = [...steps.map((name, index) => ({ name, at: index + 1 })), { name: 'its end', at: steps.length + 1 }]

describe('process that ends', () => {
  it('nowhere takes these steps', async () => {
    const site = openSite(openRows(server.port, 'crash'))
    const process = site.start()
    expect(await live(process)).toBe('alive')
    expect(process.used).toEqual(steps)
    expect([site.calls.length, await site.judge()]).toEqual([1, []])
  })

  it.each(deaths)(
    'before step $at, $name, leaves one call at most, an answer, and a book that verifies',
    async (death) => {
      const site = openSite()
      const first = site.start({}, death.at)
      await Promise.race([live(first), first.end])
      const calledFirst = site.calls.length
      expect(calledFirst).toBe(death.at > call ? 1 : 0)
      const next = site.start()
      const codes = await goOn(next)
      // Once it was claimed it is burnt, since nobody can say what became of it; whoever comes again is told so.
      const isBurnt = death.at > claim
      expect(codes.at(-1)).toBe('approval_used')
      expect(codes.filter((code) => code === 'ok')).toHaveLength(isBurnt ? 0 : 1)
      expect(site.calls).toHaveLength(isBurnt ? calledFirst : 1)
      // Nothing is lost for good: the person asks again, and another approval runs once.
      next.pass(16)
      const later = await goOn(next, { ...carol, issuedAt: carol.issuedAt + 16 * 60 })
      expect(later.filter((code) => code === 'ok')).toHaveLength(1)
      const findings = await site.judge()
      expect(findings.filter((kind) => kind !== 'dangling_intent')).toEqual([])
    },
  )
})
