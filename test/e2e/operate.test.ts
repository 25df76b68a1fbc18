import { execFile } from 'node:child_process'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createAgent } from '../../infra/local/demo/client.ts'
import { clientEnvironment } from '../../infra/local/stack/settings.ts'
import { type Launched, launchStack } from '../support/gateway-launch.ts'

const launcher = fileURLToPath(new URL('../../infra/local/launch.ts', import.meta.url))

const moment = fileURLToPath(new URL('../support/store-moment.ts', import.meta.url))

let stack: Launched
let folder = ''

/** Imitates `az account get-access-token` by the stack's sign-in; differs in everything else that `az` does. */
const az = (entra: string) => `#!${process.execPath}
const asked = process.argv.slice(2)
const after = (name) => asked[asked.indexOf(name) + 1]
const resource = asked.includes('--scope') ? after('--scope').replace(/\\/\\.default$/, '') : after('--resource')
fetch('${entra}/dev/token', {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ persona: process.env.AZ_PERSONA ?? 'verifier', version: 1, aud: resource }),
}).then((answer) => answer.json()).then(({ token }) => {
  const expires = Math.floor(Date.now() / 1000) + 300
  process.stdout.write(JSON.stringify({ accessToken: token, expires_on: expires, expiresOn: new Date(expires * 1000).toISOString() }))
})
`

beforeAll(async () => {
  stack = await launchStack()
  folder = await mkdtemp(join(tmpdir(), 'operate-'))
  await writeFile(join(folder, 'az'), az(stack.file.entra))
  await chmod(join(folder, 'az'), 0o755)
  await callAndAnchor(1)
}, 180_000)

afterAll(async () => {
  await stack?.stop()
  await rm(folder, { recursive: true, force: true })
})

/** The evidence app anchors every few seconds. */
async function callAndAnchor(intents: number): Promise<void> {
  const agent = createAgent(stack.file)
  const { status } = await agent.call(await agent.signIn('alice'), 'azure-postgresql/executeQuery', { sql: 'SELECT 1' })
  expect(status).toBe(200)
  const look = async () => {
    const { counts } = JSON.parse((await stack.command('audit:verify', '--json')).stdout)
    expect(counts).toMatchObject({ notAnchored: 0, intents })
  }
  await vi.waitFor(look, { timeout: 60_000, interval: 500 })
}

/** The store comes back as it was at an earlier moment. */
async function storeMoment(verb: 'save' | 'restore'): Promise<void> {
  const { connectionString, table } = stack.file.tables
  const env = {
    ...process.env,
    ...clientEnvironment(stack.file),
    STORE_CONNECTION: connectionString,
    STORE_TABLE: table,
  }
  await promisify(execFile)(process.execPath, ['--import', 'tsx', moment, verb, join(folder, 'moment.json')], { env })
}

/** Runs a command as somebody does who has nothing but the values of `azd env get-values` and a signed-in `az`. */
async function operate(environment: Readonly<Record<string, string | undefined>>, ...args: readonly string[]) {
  const { file } = stack
  const values = {
    COUNTERSIGN_CLIENT_ID: file.clientId,
    AZURE_TENANT_ID: file.tenant,
    COUNTERSIGN_KEY_VAULT_URL: file.vault,
    COUNTERSIGN_AUDIT_TABLES_URL: file.tables.url,
    COUNTERSIGN_EVIDENCE_BLOBS_URL: file.blobs.url,
  }
  const reach = { ...clientEnvironment(file), PATH: `${folder}${delimiter}${process.env.PATH}` }
  const env = { ...process.env, ...reach, ...values, COUNTERSIGN_LOCAL_DIR: folder, ...environment }
  const run = promisify(execFile)(process.execPath, ['--import', 'tsx', launcher, ...args], { env, timeout: 60_000 })
  return run.then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({ code, stdout, stderr }),
  )
}

describe('a deployment that the environment names', () => {
  it('is verified by whoever is signed in to az, without a stack file', async () => {
    const { code, stdout, stderr } = await operate({}, 'audit:verify', '--json')
    expect([code, stderr]).toEqual([0, expect.stringContaining(`countersign/${stack.file.clientId}`)])
    const { verdict, counts } = JSON.parse(stdout)
    expect(verdict).toBe('PASS')
    expect(counts.intents).toBeGreaterThanOrEqual(1)
  }, 90_000)

  it('has lost nothing, as audit:failover says', async () => {
    const { code, stdout } = await operate({}, 'audit:failover')
    expect([code, stdout.trim().split('\n').at(-1)]).toEqual([0, 'PASS'])
  }, 90_000)

  it.each([
    ['a setting is missing', { COUNTERSIGN_KEY_VAULT_URL: '' }, 'COUNTERSIGN_KEY_VAULT_URL'],
    ['a setting is wrong', { COUNTERSIGN_CLIENT_ID: 'name' }, 'COUNTERSIGN_CLIENT_ID'],
  ])(
    'names what is the matter where %s, and no value',
    async (_, environment, name) => {
      const { code, stdout, stderr } = await operate(environment, 'audit:verify', '--json')
      expect([code === 0, stderr.includes(name), stdout]).toEqual([false, true, ''])
    },
    90_000,
  )

  it('gives nobody the book who has no right to it', async () => {
    const { code, stdout } = await operate({ AZ_PERSONA: 'mallory' }, 'audit:verify', '--json')
    const verdict = stdout === '' ? null : JSON.parse(stdout).verdict
    expect([code, verdict === 'PASS']).toEqual([expect.not.toSatisfy((one) => one === 0), false])
  }, 90_000)
})

describe('a store that a change of region took back', () => {
  it('is found, declared by the sealer alone, and an exception from then on', async () => {
    await storeMoment('save')
    await callAndAnchor(2)
    await storeMoment('restore')
    const found = await operate({}, 'audit:failover')
    expect([found.code, found.stdout]).toEqual([1, expect.stringMatching(/^lost: L\d+ \d+ to \d+$/m)])
    const refused = await operate({}, 'audit:failover', '--declare')
    expect([refused.code === 2, refused.stdout.includes('declared')]).toEqual([false, false])
    const declared = await stack.command('audit:failover', '--declare')
    expect([declared.code, declared.stdout]).toEqual([2, expect.stringContaining('failover_loss_declared')])
    const again = await stack.command('audit:failover', '--declare')
    expect([again.code, again.stdout]).toEqual([2, expect.stringContaining('No anchored row is missing')])
  }, 180_000)
})
