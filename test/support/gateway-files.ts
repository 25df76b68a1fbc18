import { describe, expect, it } from 'vitest'
import type { PersonaName } from '../../infra/local/personas.ts'
import type { Reply, World } from './gateway-world.ts'
import { connectMcp } from './mcp-client.ts'

type Inputs = Readonly<Record<string, unknown>>
const container = 'reports'

/** Files in Azure Blob Storage through the line: what a person sees, stores and may not, in the service's own words. */
export function describeFiles(world: () => World): void {
  const call = (who: PersonaName | { token: string }, operation: string, inputs: Inputs = {}): Promise<Reply> =>
    world().call(who, `azure-storage-blob/${operation}`, inputs)
  const outcome = async (who: PersonaName, operation: string, inputs: Inputs) => {
    const { status, body } = await call(who, operation, inputs)
    return [status, body.code ?? 'ok']
  }
  const file = (blob: string, more: Inputs = {}) => ({ container, blob, ...more })
  const page = async (more: Inputs) => {
    const { body } = await call('alice', 'listBlobs', { container, prefix: 'emea/', ...more })
    const names: string[] = body.data.blobs.map(({ name }: { name: string }) => name)
    return { names, nextMarker: body.data.nextMarker as string | undefined }
  }
  const rowsOf = async (reply: Reply) => {
    const id = reply.headers.get('x-countersign-decision') ?? ''
    return (await world().dump()).split('\n').filter((line) => id !== '' && line.includes(id))
  }

  describe('two people behind one agent, asking for files', () => {
    it.each([
      ['alice', 'emea', 'us', 'Berlin'],
      ['bob', 'us', 'emea', 'Austin'],
    ] as const)('%s reads those under %s/, and not those under %s/', async (...row) => {
      const [persona, own, other, city] = row
      const mine = await call(persona, 'getBlob', file(`${own}/2026/q1-sales.csv`))
      expect([mine.status, mine.body.data.encoding]).toEqual([200, 'text'])
      expect(mine.body.data.content).toContain(city)
      expect(mine.body.meta.identity).toMatchObject({ source: 'token', matches: null })
      const theirs = await call(persona, 'getBlob', file(`${other}/2026/q1-sales.csv`))
      expect([theirs.status, theirs.body.code]).toEqual([403, 'backend_rejected'])
      expect(theirs.body.detail).toContain('AuthorizationPermissionMismatch')
    })

    it('see the containers that the deployment lists', async () => {
      const { body } = await call('alice', 'listContainers')
      expect(body.data.containers.map(({ name }: { name: string }) => name)).toEqual(['people', 'reports'])
    })

    it('list page by page', async () => {
      const first = await page({ maxresults: 2 })
      const second = await page({ maxresults: 2, marker: first.nextMarker })
      const last = await page({ maxresults: 2, marker: second.nextMarker })
      expect([first.names.length, second.names.length, last.nextMarker]).toEqual([2, 2, undefined])
      const names = [first, second, last].flatMap((one) => one.names)
      expect(names).toEqual((await page({})).names)
      expect(names).toEqual(expect.arrayContaining(['emea/logo.png', 'emea/notes/Besuch Zürich.txt']))
    })

    it('list level by level', async () => {
      const { body } = await call('alice', 'listBlobs', { container, prefix: 'emea/', delimiter: '/' })
      expect(body.data.prefixes).toEqual([{ name: 'emea/2026/' }, { name: 'emea/notes/' }])
    })
  })

  describe('a file', () => {
    it('that is no text comes as base64, a range of it as asked', async () => {
      const { body } = await call('alice', 'getBlob', file('emea/logo.png'))
      expect([body.data.encoding, body.data.contentType]).toEqual(['base64', 'image/png'])
      const bytes = Buffer.from(body.data.content, 'base64')
      expect(bytes.subarray(1, 4).toString()).toBe('PNG')
      const part = await call('alice', 'getBlob', file('emea/logo.png', { offset: 1, length: 3 }))
      expect(part.body.data).toMatchObject({ content: 'UE5H', range: { offset: 1, length: 3, total: bytes.length } })
      const beyond = await call('alice', 'getBlob', file('emea/logo.png', { offset: 4096 }))
      expect([beyond.status, beyond.body.code]).toEqual([422, 'backend_rejected'])
    })

    it('has properties and metadata, and is found by its tags', async () => {
      const { body } = await call('bob', 'getBlobProperties', file('us/2026/q1-sales.csv'))
      expect(body.data).toMatchObject({ blobType: 'BlockBlob', tagCount: 3, metadata: { owner: 'sales-us' } })
      const where = `"kind"='sales' AND "quarter"='Q2'`
      const found = await call('carol', 'findBlobsByTags', { container, where })
      expect(found.body.data.blobs.map(({ name }: { name: string }) => name)).toEqual([
        'emea/2026/q2-sales.csv',
        'us/2026/q2-sales.csv',
      ])
      expect(await outcome('alice', 'findBlobsByTags', { container, where })).toEqual([403, 'backend_rejected'])
    })

    it('about people has its content masked, but for HR', async () => {
      const inputs = { container: 'people', blob: 'emea/salaries.csv' }
      const { body } = await call('alice', 'getBlob', inputs)
      expect(body.data.content).toBeNull()
      expect(body.meta.masked).toMatchObject([{ path: '/content', class: 'pii.compensation', strategy: 'null' }])
      const seen = await call('heidi', 'getBlob', inputs)
      expect(seen.body.data.content).toContain('salary_eur')
      expect(await outcome('erin', 'getBlob', inputs)).toEqual([403, 'policy_denied'])
    })

    it('that gives access to something is given without it', async () => {
      const link = 'https://contoso.blob.core.windows.net/a/b?sv=2024&sig=abcdefghijklmnopqrstuvwxyz0123456789%3D'
      await call('carol', 'putBlob', file('emea/notes/link.txt', { content: `see ${link}` }))
      const { body } = await call('alice', 'getBlob', file('emea/notes/link.txt'))
      expect(body.data.content).toBe('see [removed]')
      expect(body.meta.masked).toMatchObject([{ class: 'link.signed' }])
    })

    it('larger than an answer may be is cut, and read on by range', async () => {
      const half = 'ü'.repeat(300_000)
      await call('carol', 'putBlob', file('emea/notes/large.txt', { content: half, contentType: 'text/plain' }))
      const { body } = await call('alice', 'getBlob', file('emea/notes/large.txt', { length: 400_001 }))
      expect([body.data.range, body.data.content.length]).toEqual([
        { offset: 0, length: 400_000, total: 600_000 },
        200_000,
      ])
      const rest = await call('alice', 'getBlob', file('emea/notes/large.txt', { offset: 400_000 }))
      expect([rest.body.data.content.length, rest.body.meta.truncated]).toEqual([100_000, false])
      const content = 'a'.repeat(1024 * 1024)
      expect(await outcome('carol', 'putBlob', file('x', { content }))).toEqual([413, 'input_too_large'])
    })
  })

  describe('storing a file', () => {
    it('never overwrites what it was not told to', async () => {
      const blob = 'emea/notes/ä & ? # 100.txt'
      const made = await call('carol', 'putBlob', file(blob, { content: 'one' }))
      const { etag } = made.body.data
      expect([made.status, etag]).toEqual([200, expect.stringMatching(/^".+"$/)])
      expect(await outcome('carol', 'putBlob', file(blob, { content: 'two' }))).toEqual([409, 'backend_rejected'])
      const replaced = await call('carol', 'putBlob', file(blob, { content: 'two', ifMatch: etag }))
      expect(replaced.status).toBe(200)
      const late = await call('carol', 'putBlob', file(blob, { content: 'three', ifMatch: etag }))
      expect([late.status, late.body.code]).toEqual([412, 'backend_rejected'])
      expect(late.body.detail).toContain('ConditionNotMet')
      const now = await call('alice', 'getBlob', file(blob))
      expect([now.body.data.content, now.body.data.etag]).toEqual(['two', replaced.body.data.etag])
    })

    it('is the storage account to refuse, below what policy permits', async () => {
      expect(await outcome('alice', 'putBlob', file('emea/x.txt', { content: 'x' }))).toEqual([403, 'backend_rejected'])
      expect(await outcome('heidi', 'putBlob', file('emea/x.txt', { content: 'x' }))).toEqual([403, 'policy_denied'])
    })

    it('names its container in the book, and the file by no name', async () => {
      const reply = await call('carol', 'putBlob', file('emea/frau-mueller-kuendigung.txt', { content: 'geheim' }))
      const rows = (await rowsOf(reply)).filter((line) => line.includes('"kind":"intent"') || line.includes('outcome'))
      const text = rows.join('\n')
      expect(text).toContain('reports')
      expect(text).toContain('x-ms-request-id')
      expect(text).not.toMatch(/mueller|geheim/)
    })
  })

  describe('deleting a file', () => {
    it('waits for a second person, and then happens as the first', async () => {
      const blob = 'us/to-delete.txt'
      await call('bob', 'putBlob', file(blob, { content: 'x' }))
      const token = await world().token('bob', { acrs: ['c1'] })
      const asked = await call({ token }, 'deleteBlob', file(blob))
      expect([asked.status, asked.body.code]).toEqual([403, 'approval_pending'])
      expect((await call('bob', 'getBlob', file(blob))).status).toBe(200)
      const path = `/api/approvals/${asked.body.approval.id}`
      const carol = await world().token('carol', { control: true })
      const { digest } = (await world().ask({ path, token })).body
      const vote = { decision: 'approve', digest, justification: 'Not needed any more.' }
      expect((await world().ask({ path: `${path}/decision`, token: carol, body: vote })).status).toBe(200)
      expect((await call({ token }, 'deleteBlob', file(blob))).status).toBe(200)
      expect(await outcome('bob', 'getBlob', file(blob))).toEqual([404, 'backend_rejected'])
    })

    it('is not a container: agents administer nothing', async () => {
      const { status, body } = await call('carol', 'deleteContainer', { container })
      expect([status, body.code, body.reasons]).toEqual([403, 'policy_denied', ['admin_not_permitted']])
    })
  })

  describe('a file that is not reached', () => {
    it.each([
      ['a container that is not listed', { container: 'finance', blob: 'budget-2027.csv' }, '/container'],
      ["the service's own container", { container: '$logs', blob: 'x' }, '/container'],
      ['a way up', file('emea/../us/summary.json'), '/blob'],
      ['an empty part', file('emea//x'), '/blob'],
      ['an input that is none', file('emea/x', { url: 'https://evil.example' }), '/url'],
    ])('by %s', async (_what, inputs, pointer) => {
      const { status, body } = await call('alice', 'getBlob', inputs)
      expect([status, body.code, body.faults[0].pointer]).toEqual([400, 'input_invalid', pointer])
    })

    it.each(['emea%2F..%2Fus%2Fsummary.json', 'emea/%2e%2e/us/summary.json', 'emea/%252e%252e/us/x'])(
      'by a name that hides another: %s',
      async (blob) => {
        const { status, body } = await call('alice', 'getBlob', file(blob))
        expect([status, body.code]).toEqual([400, 'input_invalid'])
      },
    )

    it('is not told from one of another person', async () => {
      const { body } = await call('alice', 'getBlob', file('us/none.txt'))
      expect([body.status, body.code]).toEqual([403, 'backend_rejected'])
      expect(await outcome('alice', 'getBlob', file('emea/none.txt'))).toEqual([404, 'backend_rejected'])
    })

    it('by an application without a person', async () => {
      expect(await outcome('robot', 'getBlob', file('emea/summary.json'))).toEqual([403, 'app_only_not_allowed'])
    })
  })

  describe('the tools for files', () => {
    it('are called as any other, and give each person their own', async () => {
      const read = async (persona: PersonaName, blob: string) => {
        const client = await connectMcp(`${world().file.gateway}/mcp`, await world().token(persona))
        const result = await client.callTool({ name: 'azure_storage_blob__get_blob', arguments: file(blob) })
        await client.close()
        return result
      }
      const mine = await read('alice', 'emea/summary.json')
      expect(mine.structuredContent).toMatchObject({ data: { encoding: 'text', contentType: 'application/json' } })
      const other = await read('bob', 'emea/summary.json')
      expect([other.isError, other.structuredContent]).toMatchObject([true, { code: 'backend_rejected', status: 403 }])
    })

    it('leave out what nobody may', async () => {
      const client = await connectMcp(`${world().file.gateway}/mcp/azure-storage-blob`, await world().token('alice'))
      const { tools } = await client.listTools()
      await client.close()
      expect(tools).toHaveLength(7)
      expect(tools.map(({ name }) => name)).not.toContain('azure_storage_blob__delete_container')
    })
  })
}
