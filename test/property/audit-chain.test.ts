import { describe, expect, it } from 'vitest'
import { canonicalBytes, type Json, parseCanonical } from '../../shared/audit/canonical.ts'
import { fc } from '../support/property.ts'
import { called, heartbeat, openWriter, permitted, verify } from '../unit/audit/fixture.ts'
import { createMemoryRows, type Mishap } from '../unit/audit/memory-rows.ts'

const name = fc.stringMatching(/^[a-z][A-Za-z0-9_]{0,5}$/)
const json = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.string({ unit: 'grapheme' }),
    fc.maxSafeInteger().filter((number) => !Object.is(number, -0)),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(name, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).value

describe('canonical bytes', () => {
  it('are read back as the same document, whatever the order of members was', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(parseCanonical(canonicalBytes(value))).toEqual(value)
      }),
    )
  })

  it('are not read after any one byte was inserted or removed', () => {
    fc.assert(
      fc.property(json, fc.nat(), fc.constantFrom(0x20, 0x0a, 0x2c, 0x00), (value, at, byte) => {
        const bytes = Buffer.from(canonicalBytes({ a: value, n: 1 }))
        const place = at % bytes.length
        const longer = Buffer.concat([bytes.subarray(0, place), Buffer.from([byte]), bytes.subarray(place)])
        const read = parseCanonical(longer)
        // A space or comma inside a string makes another canonical document, never the same one.
        if (read !== null) expect(Buffer.from(canonicalBytes(read))).toEqual(longer)
      }),
    )
  })
})

const mishap = fc.constantFrom<Mishap>('none', 'none', 'none', 'before', 'after', 'throttled', 'late')
const step = fc.record({ writer: fc.nat(2), calls: fc.integer({ min: 1, max: 5 }), deliver: fc.boolean() })

describe('any interleaving of writers and faults', () => {
  it('leaves a chain that verifies, with every acknowledged row in it exactly once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 6 }),
        fc.array(mishap, { maxLength: 60 }),
        async (steps, mishaps) => {
          const store = createMemoryRows()
          const fates = [...mishaps]
          store.mishap = (table) => (table === 'rows' ? (fates.shift() ?? 'none') : 'none')
          const limits = { deadline: 120, queue: 4096, segmentRows: 6 }
          const writers = Array.from({ length: 3 }, () => openWriter(store, { limits, leaseMs: 0 }))
          const acknowledged: string[] = []
          let made = 0
          const call = async (index: number) => {
            const writer = writers[index]
            const id = `d${made++}`
            const intent = await writer?.recordPermitted(permitted(id, { personal: { inputs: '{}' } }))
            if (!intent) return
            acknowledged.push(`${intent.lane} ${intent.seq}`)
            const outcome = await writer?.recordOutcome(intent, called())
            if (outcome) acknowledged.push(`${outcome.lane} ${outcome.seq}`)
          }
          for (const { writer, calls, deliver } of steps) {
            const all = Array.from({ length: calls }, () => call(writer).catch(() => undefined))
            all.push(
              writers[(writer + 1) % 3]?.recordEvent(heartbeat).then(
                () => undefined,
                () => undefined,
              ) ?? Promise.resolve(),
            )
            await Promise.all(all)
            if (deliver) store.deliver()
          }
          store.deliver()
          store.mishap = () => 'none'
          await Promise.all(writers.map((writer) => writer.close()))
          store.deliver()
          const report = await verify(store)
          expect(report.findings).toEqual([])
          expect(new Set(acknowledged).size).toBe(acknowledged.length)
          const stored = new Set(
            [...store.tables.rows.values()].map(
              (row) => `${row.partitionKey.split('|')[0]} ${Number(row.rowKey.slice(1))}`,
            ),
          )
          expect(acknowledged.filter((place) => !stored.has(place))).toEqual([])
        },
      ),
      { numRuns: 40 },
    )
  }, 60_000)
})
