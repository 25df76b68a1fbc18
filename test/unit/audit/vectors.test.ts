import { spawnSync } from 'node:child_process'
import { createHash, createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { makeAuditRows } from '../../vectors/make-audit-rows.ts'

interface Stored {
  readonly partitionKey: string
  readonly rowKey: string
  readonly properties: Readonly<Record<string, { readonly base64: string } | string>>
}

const path = fileURLToPath(new URL('../../vectors/audit-rows.json', import.meta.url))
const script = fileURLToPath(new URL('../../vectors/verify_rows.py', import.meta.url))
const text = readFileSync(path, 'utf8')
const vectors = JSON.parse(text) as { keys: Record<string, string>; entities: Stored[] }
const rows = vectors.entities
  .filter((entity) => entity.rowKey !== '!head')
  .sort((a, b) => a.rowKey.localeCompare(b.rowKey))

function bytes(entity: Stored, name: string): Buffer {
  const value = entity.properties[name]
  return Buffer.from(typeof value === 'object' ? value.base64 : '', 'base64')
}

// Written from the specification alone, without the code under test.
function encode(...fields: (string | Buffer)[]): Buffer {
  const word = (value: number) => {
    const out = Buffer.alloc(8)
    out.writeUInt32LE(value)
    return out
  }
  return Buffer.concat([word(fields.length), ...fields.flatMap((f) => [word(Buffer.byteLength(f)), Buffer.from(f)])])
}

describe('the shared vectors', () => {
  it('are what the writer makes today, byte for byte', async () => {
    expect(await makeAuditRows()).toBe(text)
  })

  it('verify by an independent computation', () => {
    const first = JSON.parse(bytes(rows[0] as Stored, 'c').toString()) as Record<string, never>
    const { origin, lane, detail } = first as unknown as { origin: string; lane: string; detail: { nonce: string } }
    let prev = createHash('sha256')
      .update(encode('audit-lane/v1', origin, lane, detail.nonce))
      .digest()
    for (const row of rows) {
      expect(bytes(row, 'prev')).toEqual(prev)
      const kid = String(row.properties.kid)
      const leaf = createHash('sha256')
        .update(Buffer.concat([Buffer.from([0]), bytes(row, 'c')]))
        .digest()
      const key = Buffer.from(vectors.keys[kid] ?? '', 'base64')
      prev = createHmac('sha256', key)
        .update(encode('audit-row/v1', kid, prev, leaf))
        .digest()
      expect(bytes(row, 'mac')).toEqual(prev)
    }
    expect(rows.length).toBeGreaterThan(5)
  })

  const hasPython = spawnSync('python3', ['--version']).status === 0
  const isNeeded = process.env.REQUIRE_TOOLS === '1'
  it.skipIf(!hasPython && !isNeeded)('verify by the Python script (needs python3)', () => {
    const result = spawnSync('python3', [script, path], { encoding: 'utf8' })
    expect(result.stderr).toBe('')
    expect(Number(result.stdout)).toBe(rows.length)
  })

  it.skipIf(!hasPython && !isNeeded)('fail in the Python script after one byte changed (needs python3)', () => {
    const changed = structuredClone(vectors)
    const row = changed.entities.find((entity) => entity.rowKey === rows[1]?.rowKey)
    const mac = bytes(row as Stored, 'mac')
    mac[0] = (mac[0] ?? 0) ^ 1
    Object.assign(row?.properties ?? {}, { mac: { base64: mac.toString('base64') } })
    const result = spawnSync('python3', [script, '-'], { input: JSON.stringify(changed), encoding: 'utf8' })
    expect(result.status).not.toBe(0)
    expect(result.stderr).toContain('AssertionError')
  })
})
