// Writes audit-rows.json beside itself: a short lane with one segment change, from fixed key, clock and randomness.
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { createAuditWriter } from '../../shared/audit/writer.ts'
import { called, heartbeat, key, kid, origin, permitted } from '../unit/audit/fixture.ts'
import { createMemoryRows } from '../unit/audit/memory-rows.ts'

/** The vectors as text; the same on every run. */
export async function makeAuditRows(): Promise<string> {
  const rows = createMemoryRows()
  let drawn = 0
  const random = (size: number) => createHash('sha512').update(`draw ${drawn++}`).digest().subarray(0, size)
  const keys = { current: async () => ({ kid, key }) }
  const clock = () => Date.parse('2026-11-22T10:00:00.250Z')
  const writer = createAuditWriter({ rows, keys, clock, random, origin, limits: { segmentRows: 4 } })
  for (const [index, inputs] of ['{"limit":3}', '{"name":"Zoë \\ud83d\\ude00 \\"x\\""}'].entries()) {
    const base = permitted(`decision-${index}`, { personal: { inputs } })
    // One with the member that came later, one as rows were before.
    const facts = index === 0 ? base : { ...base, context: { ...base.context, resumed: true } }
    const intent = await writer.recordPermitted(facts)
    await writer.recordOutcome(intent, called())
  }
  await writer.recordEvent(heartbeat)
  await writer.close()
  const entities = [...rows.tables.rows.values()].map(({ partitionKey, rowKey, properties }) => {
    return { partitionKey, rowKey, properties: readable(properties) }
  })
  const openings = [...rows.tables.pii.values()].map(({ partitionKey, rowKey, properties }) => {
    return { partitionKey, rowKey, properties: readable(properties) }
  })
  const keyBytes = key.export().toString('base64')
  return `${JSON.stringify({ origin, keys: { [kid]: keyBytes }, entities, openings }, null, 1)}\n`
}

function readable(properties: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const entries = Object.entries(properties).map(([name, value]) => {
    return [name, value instanceof Uint8Array ? { base64: Buffer.from(value).toString('base64') } : value]
  })
  return Object.fromEntries(entries)
}

const file = fileURLToPath(new URL('audit-rows.json', import.meta.url))
if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(file, await makeAuditRows())
