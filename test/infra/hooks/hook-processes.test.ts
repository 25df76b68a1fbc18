import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Finding } from '../../../infra/hooks/finding.ts'
import { registrations } from '../../../infra/local/azure/tenant.ts'
import { type HookRun, type HookWorld, openHookWorld } from './hook-world.ts'

let world: HookWorld
const runs: HookRun[] = []

beforeAll(async () => {
  world = await openHookWorld()
})
afterEach(() => world.reset())
afterAll(() => world?.stop())

const run: HookWorld['run'] = async (hook, options) => {
  const done = await world.run(hook, options)
  runs.push(done)
  return done
}
const codesOf = ({ stdout }: HookRun) => (JSON.parse(stdout) as readonly Finding[]).map(({ code }) => code)

describe('preflight as azd runs it', () => {
  it('ends with 0, and one line a check', async () => {
    const { code, stdout, stderr } = await run('preflight')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('Nothing is wrong.')
    expect(stdout).toContain('lock_is_for_good')
  }, 60_000)

  it('ends with 1 where Azure does not answer, and names that and nothing else', async () => {
    world.azure.faults.plant({ kind: 'error' })
    const done = await run('preflight', { args: ['--json'] })
    expect(done.code).toBe(1)
    expect(new Set(codesOf(done).filter((code) => code.startsWith('azure_')))).toEqual(new Set(['azure_unavailable']))
  }, 60_000)
})

describe('down', () => {
  const made = { COUNTERSIGN_REGISTRATION: 'made' }

  it('says what stays while the gateway is up, and has azd remember whose registrations they are', async () => {
    const done = await run('down', { args: ['--json'], values: made })
    expect(done.code).toBe(0)
    expect(codesOf(done)).toEqual(['evidence_stays', 'evidence_stays', 'vault_will_stay', 'still_up'])
    expect([...world.tenant.kept]).toEqual([['COUNTERSIGN_REGISTRATION_MADE', 'true']])
    expect(world.tenant.applications).toHaveLength(2)
  }, 60_000)

  const gone = { AZURE_RESOURCE_GROUP: '', COUNTERSIGN_REGISTRATION_MADE: 'true' }

  it('removes the registrations once the gateway is gone, and nothing of another name', async () => {
    const other = { id: 'x', appId: 'y', uniqueName: 'countersign-other' }
    world.tenant.applications = [...registrations(), other]
    const done = await run('down', { args: ['--json'], values: gone })
    expect(codesOf(done).filter((code) => code === 'removed')).toHaveLength(2)
    expect(world.tenant.applications).toEqual([other])
  }, 60_000)

  it('removes nothing when it is only tried', async () => {
    const done = await run('down', { args: ['--json', '--dry-run'], values: gone })
    expect(codesOf(done).filter((code) => code === 'would_remove')).toHaveLength(2)
    expect(world.tenant.applications).toHaveLength(2)
  }, 60_000)

  it('removes no registration that was brought', async () => {
    const values = { AZURE_RESOURCE_GROUP: '', COUNTERSIGN_REGISTRATION: 'brought' }
    const done = await run('down', { args: ['--json'], values })
    expect(codesOf(done)).toContain('not_ours')
    expect(world.tenant.applications).toHaveLength(2)
  }, 60_000)
})

/** Nodes that strip types themselves, where there are any: those of SMOKE_NODES, and those that CI keeps. */
const kept = ['node22', 'node24'].map(
  (name) => `${homedir()}/.cache/countersign/${name}-${process.arch}/node_modules/node-linux-${process.arch}/bin/node`,
)
const nodes = [...(process.env.SMOKE_NODES ?? '').split(delimiter), ...kept].filter((path) => existsSync(path))

describe('a hook', () => {
  it.skipIf(nodes.length === 0).each(nodes.slice(0, 2))(
    'runs without tsx where Node strips types: %s',
    async (node) => {
      const done = await run('down', { args: ['--json', '--dry-run'], node })
      expect(done).toMatchObject({ code: 0, stderr: '' })
      expect(codesOf(done)).toContain('still_up')
    },
    60_000,
  )

  it.each(['preflight', 'doctor', 'down'] as const)(
    'names its usage for wrong words: %s',
    async (hook) => {
      const { code, stderr } = await run(hook, { args: ['--nonsense'] })
      expect(code).toBe(64)
      expect(stderr).toMatch(/^usage: \w+ \[--json\]/)
    },
    60_000,
  )

  it('goes to no other place than loopback for a stand-in', async () => {
    const { code, stdout } = await run('down', { values: { HOOKS_ARM_URL: 'https://elsewhere.example' } })
    expect(code).toBe(1)
    expect(stdout).toContain('HOOKS_ARM_URL is not an address on loopback')
  }, 60_000)

  it('has shown no token and no place in its code', () => {
    expect(runs.length).toBeGreaterThan(5)
    for (const { stdout, stderr } of runs) {
      expect(`${stdout}${stderr}`).not.toMatch(/eyJ[\w-]{8,}\./)
      expect(`${stdout}${stderr}`).not.toMatch(/^\s+at .+:\d+:\d+\)?$/m)
    }
  })
})
