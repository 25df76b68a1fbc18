import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Finding } from '../../infra/hooks/finding.ts'
import { openWorld, type World } from '../support/gateway-world.ts'
import { keepProofs } from '../support/proofs.ts'
import { peopleRows, triedElsewhere } from '../support/two-people-rows.ts'

const swap = fileURLToPath(new URL('../support/two-people-swap.ts', import.meta.url))
const rows = peopleRows.map((row) => [row.backend, row] as const)

/** Behind these stands the real server, or the publisher's own emulator. */
const real = ['azure-postgresql', 'azure-storage-blob']
const proofs = keepProofs(import.meta.url)

let running: World | undefined
let trials: Readonly<Record<string, Readonly<Record<string, string>>>> = {}

const world = (): World => {
  if (running === undefined) throw new Error('the stack does not run')
  return running
}

const configured = () => Object.keys(JSON.parse(world().file.settings?.COUNTERSIGN_BACKENDS ?? '{}') as object)

beforeAll(async () => {
  running = await openWorld()
  const { stdout, stderr, code } = await running.script(swap)
  if (code !== 0) throw new Error(stderr)
  trials = JSON.parse(stdout)
}, 120_000)

afterAll(() => running?.stop())

describe('two people', () => {
  it('are tried at every backend that the stack has', () => {
    const tried = [...peopleRows.map(({ backend }) => backend), ...Object.keys(triedElsewhere)]
    expect(tried.sort()).toEqual(configured().sort())
  })

  it.each(Object.entries(triedElsewhere))('are tried at %s by a test of its own', (_backend, file) => {
    const source = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
    expect(source).toMatch(/bob/)
    expect(source).toMatch(/audience|aud:/)
  })

  it.each(rows)('get different answers of %s to the same call', async (backend, { operation, inputs, refuses }) => {
    const ask = (who: 'alice' | 'bob') => world().call(who, `${backend}/${operation}`, inputs)
    const [alice, bob] = await Promise.all([ask('alice'), ask('bob')])
    expect([alice.status, bob.status]).toEqual([200, refuses === 'bob' ? 403 : 200])
    if (real.includes(backend)) proofs.noteCall('live-protocol', `/api/${backend}/${operation}`, alice.status)
    if (refuses === 'bob') return expect(bob.body.code).toBe('backend_rejected')
    expect(alice.body.data).not.toEqual(bob.body.data)
  })

  it.each(rows)('says whom %s saw, where it can', async (backend, { operation, inputs, proves }) => {
    const { body } = await world().call('alice', `${backend}/${operation}`, inputs)
    expect(body.meta.identity).toMatchObject(
      proves ? { source: 'backend', matches: true } : { source: 'token', matches: null },
    )
  })
})

// A database keeps a connection with the person: at a new one its own tests try foreign tokens.
const direct = rows.filter(([, { keepsConnection }]) => keepsConnection !== true)

describe('a token at a backend of the stack', () => {
  // Without this, the refusals below could be of anything.
  it.each(direct)("is taken by %s where it is the person's own", (backend) => {
    expect(trials[backend]?.own).toBe('answered')
  })

  it.each(direct)('is refused by %s where it was issued for another backend', (backend) => {
    expect(trials[backend]?.audience).toBe('backend_rejected_token')
  })

  it.each(direct)('is not sent to %s where it was exchanged for another person', (backend) => {
    expect(trials[backend]?.swapped).toBe('identity_mismatch')
  })

  it.each(direct.filter(([, { proves }]) => proves))(
    'is found out at %s where its label names the wrong person',
    (backend) => {
      expect(['identity_mismatch', 'backend_rejected_token']).toContain(trials[backend]?.mislabelled)
    },
  )
})

describe('npm run doctor', () => {
  const examine = async () => {
    const { code, stdout } = await world().command('doctor', '--json')
    return { code, findings: JSON.parse(stdout) as readonly Finding[] }
  }

  it('finds nothing wrong with the stack', async () => {
    const { code, findings } = await examine()
    expect(findings.filter(({ state }) => state === 'warning' || state === 'wrong')).toEqual([])
    expect(new Set(findings.map(({ subject }) => subject))).toEqual(
      new Set(['gateway', 'token', 'book', ...configured()]),
    )
    expect(code).toBe(0)
  }, 60_000)
})
