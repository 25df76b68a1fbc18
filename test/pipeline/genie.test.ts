import { describe, expect, it } from 'vitest'
import type { Backend } from '../../shared/backend/define.ts'
import { createLine } from '../../shared/pipeline/create-line.ts'
import { handle } from '../../shared/pipeline/handle.ts'
import type { PolicyRequest } from '../../shared/policy/decision.ts'
import { createGenieExecutor } from '../../shared/upstream/genie.ts'
import { loadFunctions } from '../support/line-declarations.ts'
import { alice, createWorld, inboundFor } from '../support/line-world.ts'

const backend = (await loadFunctions()).find(({ name }) => name === 'databricks-genie') as Backend

const classification = { 'main.sales.customers.id': 'none', 'main.sales.customers.email': 'pii.contact' }
const select = 'SELECT id, email FROM main.sales.customers'
const outputs = [{ mentions: ['id'] }, { mentions: ['email'] }]
const said = { attachment_id: 'a-text', text: { content: 'Two of them.' } }
const wrote = (query: string) => ({ attachment_id: 'a-sql', query: { query, title: 'Customers' } })
const column = (name: string, type_name: string) => ({ name, type_name, type_text: type_name, position: 0 })
const rows = {
  statement_response: {
    statement_id: '01f0-aaaa-bbbb',
    status: { state: 'SUCCEEDED' },
    manifest: { schema: { columns: [column('id', 'INT'), column('email', 'STRING')] }, total_row_count: 1 },
    result: { row_offset: 0, data_array: [['2', 'kaja.berg2@customer.example']] },
  },
}

/** The line over a scripted Genie: `sql` is what it wrote, and may be another at each look. */
function openGenie(sql: (look: number) => string, decide: (request: PolicyRequest) => object = () => ({})) {
  let looks = 0
  let who = alice
  const paths: string[] = []
  const answer = (path: string): object => {
    if (path.endsWith('/Me')) return { externalId: who.oid }
    if (path.endsWith('/start-conversation')) return { conversation_id: 'c1', message_id: 'm1' }
    if (path.endsWith('/query-result')) return rows
    looks += 1
    return { status: 'COMPLETED', attachments: [said, wrote(sql(looks))] }
  }
  const executor = createGenieExecutor({
    fetch: (async (address: string) => {
      const { pathname } = new URL(address)
      paths.push(pathname.replace('/api/2.0/genie/spaces/sales', ''))
      const headers = { 'content-type': 'application/json' }
      return new Response(JSON.stringify(answer(pathname)), { headers })
    }) as typeof fetch,
    settingsFor: () => ({ baseUrl: 'https://adb-1.2.azuredatabricks.net', warehouses: [] }),
    clock: Date.now,
    parseChallenge: () => undefined,
    handleKey: async () => new Uint8Array(32),
  })
  let text = ''
  const understand = () => {
    const effect = text.startsWith('SELECT') ? ('read' as const) : ('delete' as const)
    return { text, effect, outputs, reads: text.includes('hr') ? ['main.hr.employees'] : ['main.sales.customers'] }
  }
  const world = createWorld({ backend, classification, faults: { decide, verify: () => who } })
  const ports = {
    ...world.ports,
    understand: async (_dialect: string, given: string) => {
      text = given
      return { ...understand(), safeRead: true, statements: 1, writes: [], dangers: [] }
    },
    executors: new Map([['genie', executor]]),
  }
  const line = createLine(ports, world.deployment, world.identification)
  const call = async (operation: string, inputs: object) => {
    const path = `/api/databricks-genie/${operation}`
    const { status, body } = await handle(inboundFor(operation, inputs, { backend: 'databricks-genie', path }), line)
    // biome-ignore lint/suspicious/noExplicitAny: bodies are read by the tests as they come
    return { status, body: JSON.parse(body) as any }
  }
  return {
    ...{ call, paths },
    as: (principal: typeof alice) => {
      who = principal
    },
    ask: async () => (await call('askQuestion', { space: 'sales', question: 'Who?' })).body.data,
    intents: () => world.rows.flatMap((row) => (row.kind === 'intent' ? [row.facts] : [])),
  }
}

const asked = (paths: readonly string[]) => paths.filter((path) => path.endsWith('/query-result'))

describe('a statement that Genie wrote', () => {
  it('is shown with its text, and no row of it', async () => {
    const data = await openGenie(() => select).ask()
    expect(data).toMatchObject({
      status: 'done',
      handle: expect.any(String),
      attachments: [
        { attachment: 'a-text', text: 'Two of them.' },
        { attachment: 'a-sql', sql: select },
      ],
    })
  })

  it('is read, judged and decided before its rows are fetched, and masked by its own lineage', async () => {
    const genie = openGenie(() => select)
    const { handle } = await genie.ask()
    const before = genie.paths.length
    const { status, body } = await genie.call('getQueryResult', { handle, attachment: 'a-sql' })
    expect([status, body.data.rows[0][0]]).toEqual([200, 2])
    expect(body.data.rows[0][1]).toMatch(/^k\*+/)
    expect(body.meta.masked).toMatchObject([{ path: '/columns/email', class: 'pii.contact' }])
    const message = '/conversations/c1/messages/m1'
    expect(genie.paths.slice(before).filter((path) => !path.endsWith('/Me'))).toEqual([
      message,
      `${message}/attachments/a-sql/query-result`,
      message,
    ])
    expect(genie.intents().slice(-2)).toMatchObject([
      { operation: 'getMessage', verdict: 'permit', effect: 'read' },
      {
        operation: 'getQueryResult',
        verdict: 'permit',
        reads: ['main.sales.customers'],
        personal: { statement: select },
      },
    ])
  })

  it.each([
    ['does more than read', 'DELETE FROM main.sales.customers', ({ action }: PolicyRequest) => action !== 'read'],
    [
      'reads what policy does not permit',
      'SELECT id, email FROM main.hr.employees',
      ({ resource }: PolicyRequest) => resource.reads.includes('main.hr.employees'),
    ],
  ])('has no rows for anybody where it %s', async (_what, sql, isDenied) => {
    const deny = { verdict: 'deny', reasons: ['not_permitted'] }
    const genie = openGenie(
      () => sql,
      (request) => (isDenied(request) ? deny : {}),
    )
    const { handle } = await genie.ask()
    for (const operation of ['getQueryResult', 'runQueryAgain']) {
      const { body } = await genie.call(operation, { handle, attachment: 'a-sql' })
      expect([body.code, body.reasons]).toEqual(['policy_denied', ['not_permitted']])
    }
    expect(asked(genie.paths)).toEqual([])
    expect(genie.paths.some((path) => path.endsWith('/execute-query'))).toBe(false)
  })

  it('has no rows where policy does not permit the reading of the message', async () => {
    const genie = openGenie(
      () => select,
      ({ resource }) => (resource.operation === 'getMessage' ? { verdict: 'deny', reasons: ['not_permitted'] } : {}),
    )
    const { handle } = await genie.ask()
    const { body } = await genie.call('getQueryResult', { handle, attachment: 'a-sql' })
    expect(body.code).toBe('policy_denied')
    expect(asked(genie.paths)).toEqual([])
  })

  it('has no rows where it is another by the time that they are there', async () => {
    const genie = openGenie((look) => (look < 3 ? select : `${select} WHERE true`))
    const { handle } = await genie.ask()
    const { status, body } = await genie.call('getQueryResult', { handle, attachment: 'a-sql' })
    expect([status, body.code]).toEqual([409, 'backend_rejected'])
    expect(JSON.stringify(body)).not.toMatch(/kaja|k\*/)
  })

  it('cannot be given by whoever asks', async () => {
    const genie = openGenie(() => select)
    const { handle } = await genie.ask()
    const { body } = await genie.call('getQueryResult', { handle, attachment: 'a-sql', generatedStatement: 'SELECT 1' })
    expect(body).toMatchObject({ code: 'input_invalid', faults: [{ pointer: '/generatedStatement' }] })
  })

  it.each(['a-text', 'a-nothing'])('is not there at %s', async (attachment) => {
    const genie = openGenie(() => select)
    const { handle } = await genie.ask()
    const { body } = await genie.call('getQueryResult', { handle, attachment })
    expect(body).toMatchObject({ code: 'input_invalid', faults: [{ pointer: '/attachment' }] })
    expect(asked(genie.paths)).toEqual([])
  })

  it.each([
    ['another person', { oid: 'b0000000-0000-4000-8000-000000000002' }],
    ['another agent', { actor: 'c0000000-0000-4000-8000-000000000009' }],
  ])('is not for %s by the same handle', async (_who, changes) => {
    const genie = openGenie(() => select)
    const { handle } = await genie.ask()
    genie.as({ ...alice, ...changes })
    const before = genie.paths.length
    const { body } = await genie.call('getQueryResult', { handle, attachment: 'a-sql' })
    expect(body).toMatchObject({ code: 'input_invalid' })
    expect(genie.paths.slice(before)).toEqual([])
  })
})
