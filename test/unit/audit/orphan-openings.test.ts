import { randomBytes } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import { setHold } from '../../../shared/audit/holds.ts'
import { sweepOrphans } from '../../../shared/audit/orphan-openings.ts'
import type { AuditWriter } from '../../../shared/audit/writer.ts'
import { openWriter, permitted, recordCall } from './fixture.ts'
import { createMemoryErasure } from './memory-erasure.ts'
import { createMemoryRows, type MemoryRows } from './memory-rows.ts'

const day = 86_400_000
const personal = { inputs: 'marker' }
let rows: MemoryRows
let now: number
let writer: AuditWriter
const sweep = () => sweepOrphans({ rows, store: createMemoryErasure(rows), clock: () => now })
const left = () => [...rows.tables.pii.values()].map(({ properties }) => properties.decisionId)

// Three days: on each a call, and one that is refused after its opening was written.
beforeEach(async () => {
  rows = createMemoryRows()
  now = Date.parse('2026-11-10T12:00:00.000Z')
  writer = openWriter(rows, { clock: () => now, limits: { deadline: 40 } })
  for (let count = 0; count < 3; count++) {
    await recordCall(writer, `call-${count}`, { personal })
    rows.mishap = (table) => (table === 'rows' ? 'rejected' : 'none')
    await expect(writer.recordPermitted(permitted(`orphan-${count}`, { personal }))).rejects.toMatchObject({
      code: 'audit_unavailable',
    })
    rows.mishap = () => 'none'
    now += day
  }
})

describe('a sweep of openings', () => {
  it('removes those whose row never came, once they are two days old, and no other', async () => {
    expect(left()).toHaveLength(6)
    expect(await sweep()).toBe(2)
    expect(left()).toEqual(['call-0', 'call-1', 'call-2', 'orphan-2'])
    now += day
    expect([await sweep(), await sweep(), left()]).toEqual([1, 0, ['call-0', 'call-1', 'call-2']])
  })

  it('removes none while anything is held', async () => {
    const options = { rows, audit: writer, clock: () => now, random: randomBytes }
    await setHold(options, { subject: { kind: 'all' }, ticket: 'CASE-1' })
    expect([await sweep(), left().length]).toEqual([null, 6])
  })

  it('removes none where a row cannot be read that might have led to one', async () => {
    const [name, row] = [...rows.tables.rows].find(([, { properties }]) => properties.kind === 'intent') ?? []
    if (name === undefined || row === undefined) throw new Error('no intent')
    rows.tables.rows.set(name, { ...row, properties: { ...row.properties, c: Buffer.from('{}') } })
    expect([await sweep(), left().length]).toEqual([null, 6])
  })
})
