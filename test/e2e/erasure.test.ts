import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { personas } from '../../infra/local/personas.ts'
import { openWorld, type World } from '../support/gateway-world.ts'

// What Azurite has on disk is not looked at: the emulator keeps deleted entities in its files, a storage account does not.
const scanner = fileURLToPath(new URL('../support/erasure-scan.ts', import.meta.url))
const alice = `${personas.alice.tid}/${personas.alice.oid}`

/** Words of alice, by where she said them; each occurs nowhere else. */
const words = {
  statement: 'quokka-statement',
  parameter: 'quokka-parameter',
  purpose: 'quokka-purpose',
  agent: 'quokka-agent',
  conversation: 'quokka-conversation',
  denied: 'quokka-denied',
  path: 'quokka-path',
  approval: 'quokka-approval',
  justification: 'quokka-justification',
  waiting: 'quokka-waiting',
  tool: 'quokka-tool',
} as const
const bobs = 'wombat-statement'

let world: World
let before: string[]
let after: string[]
let erased: { code: number | null; plan: Record<string, unknown>; result: Record<string, unknown> }

beforeAll(async () => {
  world = await openWorld()
  await speak()
  before = await scan()
  const order = ['--person', alice, '--ticket', 'PRIV-7', '--reason', 'She asked for it', '--yes', '--json']
  const { code, stdout } = await world.command('audit:erase', ...order)
  erased = { code, ...JSON.parse(stdout) }
  after = await scan()
}, 180_000)
afterAll(() => world?.stop())

async function scan(): Promise<string[]> {
  const { stdout, stderr, code } = await world.script(scanner)
  if (code !== 0) throw new Error(stderr)
  return [...stdout.split('\n').filter((line) => line !== ''), ...world.output().split('\n')]
}

/** Every way in which a person's own words get in. */
async function speak(): Promise<void> {
  const token = await world.token('alice', { acrs: ['c1'] })
  const headers = {
    'Countersign-Purpose': words.purpose,
    'Countersign-Agent': words.agent,
    'Countersign-Conversation': words.conversation,
  }
  const query = (sql: string, params: unknown[] = []) =>
    world.ask({ path: '/api/azure-postgresql/executeQuery', token, headers, body: { sql, params } })
  expect((await query(`SELECT '${words.statement}' AS said, $1::text AS given`, [words.parameter])).status).toBe(200)
  expect((await query(`DELETE FROM sales.orders WHERE id = 0 AND '${words.denied}' <> ''`)).status).toBe(403)
  expect((await world.ask({ path: `/api/${words.path}/operation`, token, body: {} })).status).toBe(404)
  await askForDeletion(token, words.approval, true)
  await askForDeletion(token, words.waiting, false)
  await useTool(token)
  expect((await world.query('bob', `SELECT '${bobs}' AS said`)).status).toBe(200)
}

async function askForDeletion(token: string, word: string, isVoted: boolean): Promise<void> {
  const sql = `DELETE FROM sales.orders WHERE id = 0 AND '${word}' <> ''`
  const deletion = () => world.ask({ path: '/api/azure-postgresql/executeDestructive', token, body: { sql } })
  const { approval } = (await deletion()).body
  if (!isVoted) return
  const { digest } = (await world.ask({ path: `/api/approvals/${approval.id}`, token })).body
  const vote = { decision: 'approve', digest, justification: words.justification }
  const carol = await world.token('carol', { control: true })
  const voted = await world.ask({ path: `/api/approvals/${approval.id}/decision`, token: carol, body: vote })
  expect([voted.status, (await deletion()).status]).toEqual([200, 200])
}

async function useTool(token: string): Promise<void> {
  const message = {
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name: 'azure_postgresql__execute_query', arguments: { sql: `SELECT '${words.tool}' AS said` } },
  }
  const headers = { accept: 'application/json, text/event-stream' }
  await world.ask({ path: '/mcp', token, headers, body: message })
}

const holding = (lines: readonly string[], word: string) =>
  lines.filter((line) => line.includes(word)).map((line) => line.slice(0, 60))

describe('a person’s words', () => {
  it.each(Object.entries(words))('are found before the erasure: %s', (_where, word) => {
    expect(holding(before, word)).not.toEqual([])
  })

  it('are nowhere after it: in no table, blob, queue or line of the log', () => {
    expect(erased).toMatchObject({ code: 0, result: { status: 'erased' } })
    expect(after.length).toBeGreaterThan(before.length / 2)
    expect(holding(after, 'quokka')).toEqual([])
  })

  it('leave other people’s alone', () => {
    expect([holding(before, bobs).length > 0, holding(after, bobs)]).toEqual([true, holding(before, bobs)])
  })
})

describe('the book after an erasure', () => {
  it('verifies in full, with one row that says how many decisions lost their words', async () => {
    const { code, stdout } = await world.command('audit:verify', '--full', '--json')
    const report = JSON.parse(stdout)
    expect([report.verdict, report.findings, code]).toEqual(['PASS', [], 0])
    const rows = after.filter((line) => line.includes('"kind":"erasure"'))
    expect(rows).toHaveLength(1)
    expect(rows[0]).toContain(`\\"decisions\\":${String(erased.result.decisions)}`)
    expect(rows[0]).not.toContain(personas.alice.oid)
    expect(erased.plan).toMatchObject({ holds: [], approvals: 2, decisions: erased.result.decisions })
    expect(erased.plan.openings).toBe(erased.result.decisions)
  })

  it('takes new calls of the same person, and of the same kind', async () => {
    expect((await world.query('alice', 'SELECT 1 AS one')).status).toBe(200)
    const sql = `DELETE FROM sales.orders WHERE id = 0 AND '${words.approval}' <> ''`
    const again = await world.call(
      { token: await world.token('alice', { acrs: ['c1'] }) },
      'azure-postgresql/executeDestructive',
      { sql },
    )
    expect(again.body.code).toBe('approval_pending')
  })
})

describe('an emergency rotation on a running stack', () => {
  it('puts a key in force, leaves a book that verifies, and shows that a row under the old key would be found', async () => {
    const { code, stdout } = await world.command('audit:rotate', '--ticket', 'EMERGENCY-1')
    const lines = stdout.trimEnd().split('\n')
    expect([code, lines[0], lines.find((line) => line.startsWith('after: '))]).toEqual([
      0,
      expect.stringMatching(/^before: PASS/),
      expect.stringMatching(/^after: PASS/),
    ])
    expect(lines.at(-1)).toMatch(/under the old key: retired_key L\d\d \d+$/)
    expect((await world.query('alice', 'SELECT 1 AS one')).status).toBe(200)
  })
})
