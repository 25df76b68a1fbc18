import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAgent } from '../../infra/local/demo/client.ts'
import { type Launched, launchStack } from '../support/gateway-launch.ts'

let stack: Launched

beforeAll(async () => {
  stack = await launchStack()
}, 120_000)

afterAll(() => stack?.stop())

describe('a night on demand', () => {
  it('is verified, reported under a signature, and read by an auditor alone', async () => {
    const agent = createAgent(stack.file)
    const alice = await agent.signIn('alice')
    const { status } = await agent.call(alice, 'azure-postgresql/executeQuery', { sql: 'SELECT 1 AS one' })
    expect(status).toBe(200)

    // Right after the start: nothing has made the table of runs yet.
    const { code, stdout } = await stack.command('audit:night')
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^PASS: the night of \d{4}-\d\d-\d\d/),
    })
    const date = /\d{4}-\d\d-\d\d/.exec(stdout)?.[0] ?? ''
    expect(readFileSync(join(dirname(stack.file.ca), `report-${date}.html`), 'utf8')).not.toContain('<script')

    const read = async (persona: string, extra = {}) => {
      const authorization = `Bearer ${await agent.signIn(persona, extra)}`
      return fetch(`${stack.file.gateway}/api/audit/reports/${date}`, { headers: { authorization } })
    }
    const report = await read('dave', { control: true })
    expect(report.headers.get('countersign-signature')).toMatch(/^[A-Za-z0-9+/]{80,}=*$/)
    expect(await report.json()).toMatchObject({ date, verdict: { result: 'PASS', exitCode: 0 } })
    expect([(await read('alice')).status, (await read('mallory')).status]).toEqual([403, 403])

    const again = await stack.command('audit:night')
    expect([again.code, again.stdout]).toEqual([0, stdout])
    const verified = JSON.parse((await stack.command('audit:verify', '--json', '--full')).stdout)
    expect([verified.verdict, verified.counts.reports]).toEqual(['PASS', 1])
  }, 90_000)
})
