import { execFile } from 'node:child_process'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createAgent } from '../../infra/local/demo/client.ts'
import { clientEnvironment } from '../../infra/local/stack/settings.ts'
import { type Launched, launchStack } from '../support/gateway-launch.ts'

const scripts = {
  head: fileURLToPath(new URL('../support/audit-head.ts', import.meta.url)),
  tamperer: fileURLToPath(new URL('../support/audit-tamperer.ts', import.meta.url)),
  verifier: fileURLToPath(new URL('../support/audit-verifier.ts', import.meta.url)),
}
const lane = 'L01'
const calls = 3

interface Verified {
  readonly name: string
  readonly code: number
  /** Rows of the book, and of it when the older head was current. */
  readonly rows: number
  readonly olderNext: number
  readonly report: { verdict: string; counts: object; findings: { kind: string; lane: string; seq: number }[] }
}

let stack: Launched
let results: Map<string, Verified>

beforeAll(async () => {
  stack = await launchStack()
  await call()
  const head = await play('head')
  await call()
  await untilAnchored()
  const lines = (await play('tamperer', head)).trim().split('\n')
  results = new Map(lines.map((line) => JSON.parse(line) as Verified).map((result) => [result.name, result]))
}, 120_000)

afterAll(() => stack?.stop())

/** The evidence app seals every few seconds. */
async function untilAnchored(): Promise<void> {
  const isAnchored = async () => {
    const { counts } = JSON.parse((await stack.command('audit:verify', '--json')).stdout)
    expect(counts).toMatchObject({ notAnchored: 0, intents: 2 * calls })
  }
  await vi.waitFor(isAnchored, { timeout: 30_000, interval: 500 })
}

async function call(): Promise<void> {
  const agent = createAgent(stack.file)
  const bearer = await agent.signIn('alice')
  for (let index = 0; index < calls; index++) {
    const { status } = await agent.call(bearer, 'azure-postgresql/executeQuery', { sql: 'SELECT 1 AS one' })
    expect(status).toBe(200)
  }
}

async function play(script: keyof typeof scripts, ...args: readonly string[]): Promise<string> {
  const env = {
    ...process.env,
    ...clientEnvironment(stack.file),
    COUNTERSIGN_LOCAL_DIR: dirname(stack.file.ca),
  }
  const argv = ['--import', import.meta.resolve('tsx'), scripts[script], ...args]
  return (await promisify(execFile)(process.execPath, argv, { env })).stdout
}

function resultOf(name: string): Verified {
  const result = results.get(name)
  if (!result) throw new Error(`"${name}" was not tried`)
  return result
}

describe('the book of a running stack', () => {
  it('verifies as it is, by the command as npm runs it', async () => {
    const { code, stdout } = await stack.command('audit:verify', '--json', '--full')
    const { verdict, counts, findings } = JSON.parse(stdout)
    expect({ code, verdict, findings }).toEqual({ code: 0, verdict: 'PASS', findings: [] })
    expect(counts).toMatchObject({ intents: 2 * calls, outcomes: 2 * calls, openings: 2 * calls, open: 0 })
    // The gateway's, and from the first look of the reconciler on the verifier's.
    expect([1, 2]).toContain(counts.lanes)
  })

  it.each<[string, (book: Verified) => object[]]>([
    ['a byte of the content changed', () => [{ kind: 'edited', lane, seq: 3 }]],
    ['a row deleted', () => [{ kind: 'deleted', lane, seq: 3, toSeq: 3 }]],
    [
      'two rows swapped',
      () => [
        { kind: 'reordered', lane, seq: 3 },
        { kind: 'reordered', lane, seq: 4 },
      ],
    ],
    [
      'the head rolled back',
      ({ rows, olderNext }) => [{ kind: 'head_rolled_back', lane, seq: olderNext, toSeq: rows - 1 }],
    ],
    ['the head deleted', ({ rows }) => [{ kind: 'head_missing', lane, seq: rows }]],
    ['a forged row above the head', ({ rows }) => [{ kind: 'inserted', lane, seq: rows }]],
    ['a column copy changed', () => [{ kind: 'column_mismatch', lane, seq: 2 }]],
    ['a key id changed', () => [{ kind: 'unknown_key', lane, seq: 3 }]],
    ['a whole partition deleted', ({ rows }) => [{ kind: 'lane_missing', lane, seq: 0, toSeq: rows - 1 }]],
    [
      'an older head with the rows above it removed',
      ({ rows, olderNext }) => [{ kind: 'truncated', lane, seq: olderNext, toSeq: rows - 1 }],
    ],
    ['an outcome deleted', ({ rows }) => [{ kind: 'deleted', lane, seq: rows - 1, toSeq: rows - 1 }]],
    ['a row repeated under another number', ({ rows }) => [{ kind: 'inserted', lane, seq: rows }]],
  ])('fails with %s in its table, and says where', (name, expected) => {
    const result = resultOf(name)
    const found = result.report.findings.map(({ kind, lane, seq, ...more }) => {
      return 'toSeq' in more ? { kind, lane, seq, toSeq: more.toSeq } : { kind, lane, seq }
    })
    expect(found).toEqual(expected(result))
    expect([result.code, result.report.verdict]).toEqual([1, 'FAIL'])
  })

  it('passes where nothing was done', () => {
    const { code, report } = resultOf('nothing')
    expect([code, report.verdict, report.findings]).toEqual([0, 'PASS', []])
  })
})

describe('the verifier of a running stack', () => {
  it('reads secrets, and may neither change one nor make a key', async () => {
    const seen = JSON.parse(await play('verifier'))
    expect(seen).toEqual({ read: 200, set: 403, disable: 403, remove: 403, sign: 403 })
  })

  it('is nobody to the gateway', async () => {
    const agent = createAgent(stack.file)
    const { status } = await agent.call(await agent.signIn('verifier'), 'azure-postgresql/executeQuery', {
      sql: 'SELECT 1',
    })
    expect(status).toBe(403)
  })
})
