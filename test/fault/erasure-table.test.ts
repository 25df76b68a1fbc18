import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTableErasure } from '../../shared/audit/table-erasure.ts'
import { connectionStringOf, startTableServer, type TableServer } from './audit-azurite.ts'

let server: TableServer

beforeAll(async () => {
  server = await startTableServer()
}, 30_000)
afterAll(() => server?.stop())

function open(prefix: string, port = server.port) {
  const account = { connectionString: connectionStringOf(port) }
  const names = { pii: `${prefix}rowspii`, approvals: `${prefix}none` }
  return createTableErasure({ account, names, allowInsecure: true, timeout: 2000 })
}

async function fill(prefix: string, count: number) {
  const rows = server.rows(prefix)
  for (let at = 0; at < count; at += 50) {
    const writes = Array.from({ length: Math.min(50, count - at) }, (_, index) => ({
      kind: 'insert' as const,
      entity: { partitionKey: "o'one", rowKey: `k${String(at + index).padStart(4, '0')}`, properties: { value: 'x' } },
    }))
    expect((await rows.commit('pii', writes)).ok).toBe(true)
  }
}

const key = (index: number) => ({ partitionKey: "o'one", rowKey: `k${String(index).padStart(4, '0')}` })

async function left(prefix: string): Promise<number> {
  let count = 0
  for await (const page of open(prefix).list('pii', { partitionKey: "o'one" })) count += page.length
  return count
}

describe('deletion in the erasable tables', () => {
  it('takes what it is told, more than one transaction of it, and nothing else', async () => {
    await fill('big', 260)
    await open('big').remove(
      'pii',
      Array.from({ length: 250 }, (_, index) => key(index)),
    )
    expect([await left('big'), (await open('big').read('pii', key(255)))?.properties.value]).toEqual([10, 'x'])
  })

  it('takes the rest where something is gone already, and the same twice is once', async () => {
    await fill('some', 5)
    await open('some').remove('pii', [key(1)])
    await open('some').remove('pii', [key(0), key(1), key(2), key(2), key(9)])
    await open('some').remove('pii', [key(0), key(1), key(2)])
    expect([await left('some'), await open('some').read('pii', key(1))]).toEqual([2, null])
  })

  it('lists by range, and a table that nobody made as empty', async () => {
    await fill('range', 5)
    const found: string[] = []
    const range = { partitionKey: "o'one", from: key(1).rowKey, to: key(3).rowKey }
    for await (const page of open('range').list('pii', range)) found.push(...page.map(({ rowKey }) => rowKey))
    expect(found).toEqual([key(1), key(2), key(3)].map(({ rowKey }) => rowKey))
    for await (const page of open('range').list('approvals')) expect(page).toEqual([])
    await open('range').remove('approvals', [key(1)])
  })

  it('says that it could not where nobody answers', async () => {
    const nobody = open('none', 1)
    await expect(nobody.remove('pii', [key(1)])).rejects.toMatchObject({ code: 'audit_unavailable' })
    await expect(nobody.read('pii', key(1))).rejects.toMatchObject({ code: 'audit_unavailable' })
  })
})
