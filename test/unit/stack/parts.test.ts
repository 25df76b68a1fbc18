import { chmodSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { writePeople } from '../../../infra/local/postgres/people.ts'
import { classification } from '../../../infra/local/stack/classification.ts'
import { readPort } from '../../../infra/local/stack/free-port.ts'
import { openKeptState, readLosses } from '../../../infra/local/stack/kept-state.ts'
import { readRunningStack, writePrivate } from '../../../infra/local/stack/local-folder.ts'
import { startOf } from '../../../infra/local/stack/process-identity.ts'
import { assertOwned, makeRunFolder, removeDeadRunFolders } from '../../../infra/local/stack/scratch.ts'
import { gatewayEnvironment } from '../../../infra/local/stack/settings.ts'
import { makeTeardown } from '../../../infra/local/stack/teardown.ts'
import { makeSecret, secretNames } from '../../../infra/local/stack/vault-secrets.ts'

const folders: string[] = []

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-unit-'))
  folders.push(folder)
  return folder
}

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

describe('the port', () => {
  it.each([
    [undefined, 7071],
    ['', 7071],
    ['0', 0],
    ['8080', 8080],
    ['65536', null],
    ['-1', null],
    ['80a', null],
    ['1.5', null],
  ])('of PORT=%s is %s', (text, port) => {
    expect(readPort(text)).toBe(port)
  })
})

describe('the audit keys', () => {
  it('are named for this month and the next, over the end of a year too', () => {
    expect(secretNames(new Date('2026-11-30T23:59:59Z'))).toEqual([
      'audit-hmac-2026-11',
      'audit-hmac-2026-12',
      'mask-key',
    ])
    expect(secretNames(new Date('2026-12-31T00:00:00Z'))).toEqual([
      'audit-hmac-2026-12',
      'audit-hmac-2027-01',
      'mask-key',
    ])
  })

  it('are 32 random bytes', () => {
    expect(Buffer.from(makeSecret(), 'base64')).toHaveLength(32)
    expect(makeSecret()).not.toBe(makeSecret())
  })
})

describe('the teardown', () => {
  it('stops callers before what they call, once, and goes on after a failure', async () => {
    const stopped: string[] = []
    const failed: string[] = []
    const teardown = makeTeardown((part) => failed.push(part))
    const part = (name: string) => ({ stop: async () => void stopped.push(name) })
    teardown.add('azurite', part('azurite'))
    teardown.add('database', { stop: () => Promise.reject(new Error('no')) })
    teardown.add('gateway', part('gateway'))
    await Promise.all([teardown.run(), teardown.run()])
    expect(stopped).toEqual(['gateway', 'azurite'])
    expect(failed).toEqual(['database'])
  })
})

describe('the kept state', () => {
  it('declares a loss only after a run that did not close', () => {
    const folder = makeFolder()
    const first = openKeptState(folder, '2026-01-01T00:00:00.000Z')
    expect(first.loss).toBeNull()
    first.close()
    expect(openKeptState(folder, '2026-01-02T00:00:00.000Z').loss).toBeNull()
    const third = openKeptState(folder, '2026-01-03T00:00:00.000Z')
    expect(third.loss).toMatchObject({ runStarted: '2026-01-02T00:00:00.000Z', discovered: '2026-01-03T00:00:00.000Z' })
  })

  it('remembers every loss, for the process that runs on it alone', () => {
    const folder = makeFolder()
    for (const day of [1, 2, 3]) openKeptState(folder, `2026-01-0${day}T00:00:00.000Z`)
    const days = readLosses(folder, process.pid).map(({ discovered }) => discovered.slice(0, 10))
    expect(days).toEqual(['2026-01-02', '2026-01-03'])
    expect(readLosses(folder, process.pid + 1)).toEqual([])
  })

  it('reads back what was written, from a file of mode 0600', () => {
    const folder = makeFolder()
    const state = openKeptState(folder, 'now')
    expect(state.read('thing')).toBeUndefined()
    state.write('thing', { a: 1 })
    expect(state.read('thing')).toEqual({ a: 1 })
    expect(statSync(join(folder, 'thing.json')).mode & 0o777).toBe(0o600)
  })
})

describe('the stack file', () => {
  it('counts only while its process lives', () => {
    const folder = makeFolder()
    expect(readRunningStack(folder)).toBeNull()
    writePrivate(join(folder, 'stack.json'), { pids: { stack: process.pid } })
    expect(readRunningStack(folder)).not.toBeNull()
    writePrivate(join(folder, 'stack.json'), { pids: { stack: 4_194_305 } })
    expect(readRunningStack(folder)).toBeNull()
    writeFileSync(join(folder, 'stack.json'), '{"gate')
    expect(readRunningStack(folder)).toBeNull()
  })
})

describe('a folder for staged programs', () => {
  it('is refused where others can write to it, or where it is a file', () => {
    const folder = makeRunFolder()
    folders.push(folder)
    expect(() => assertOwned(folder)).not.toThrow()
    const open = makeFolder()
    chmodSync(open, 0o777)
    expect(() => assertOwned(open)).toThrow()
    writeFileSync(join(folder, 'file'), '')
    expect(() => assertOwned(join(folder, 'file'))).toThrow()
  })
})

describe('run folders', () => {
  it('of dead stacks are removed, those of others are left', () => {
    const [dead, alive, nameless] = [makeRunFolder(), makeRunFolder(), makeRunFolder()]
    folders.push(dead, alive, nameless)
    writePrivate(join(dead, 'owner.json'), { pid: 4_194_305, start: '1' })
    rmSync(join(nameless, 'owner.json'))
    removeDeadRunFolders()
    expect([dead, alive, nameless].map((folder) => existsSync(folder))).toEqual([false, true, true])
  })

  it('of a process whose id another one has now are removed', () => {
    const folder = makeRunFolder()
    folders.push(folder)
    writePrivate(join(folder, 'owner.json'), { pid: process.pid, start: 'earlier' })
    removeDeadRunFolders()
    expect(existsSync(folder)).toBe(false)
  })
})

describe('the identity of a process', () => {
  it('is its start, and nothing once it is gone', () => {
    expect(startOf(process.pid)).toBe(startOf(process.pid))
    expect(startOf(process.pid)).not.toBeNull()
    expect(startOf(4_194_305)).toBeNull()
  })
})

describe('the gateway’s environment', () => {
  const parts = {
    port: 7071,
    entra: 'http://127.0.0.1:1',
    msi: { endpoint: 'http://127.0.0.1:1/msi/token', header: 'h', clientId: 'c' },
    evidenceMsi: { endpoint: 'http://127.0.0.1:2/msi', header: 'other' },
    storage: { tables: 'https://127.0.0.1:2/a', connectionString: 's' },
    evidence: { url: 'https://127.0.0.1:3/b', accountId: '/subscriptions/s', resourceManager: 'https://127.0.0.1:9' },
    proxy: 'http://127.0.0.1:4',
    ca: '/ca.pem',
    postgresPort: 5,
    orders: 'https://127.0.0.1:6',
    files: 'https://127.0.0.1:7/b',
    databricks: 'https://127.0.0.1:8',
  }

  it('takes nothing of the developer’s own Azure settings', () => {
    process.env.AZURE_CLIENT_SECRET = 'mine'
    process.env.COUNTERSIGN_LOCAL_DIR_TEST = 'mine'
    const environment = gatewayEnvironment(parts)
    expect(Object.values(environment)).not.toContain('mine')
    delete process.env.AZURE_CLIENT_SECRET
    delete process.env.COUNTERSIGN_LOCAL_DIR_TEST
  })

  it('labels every column of a classified table', () => {
    const tables = new Set(Object.keys(classification).map((column) => column.split('.').slice(0, 2).join('.')))
    expect([...tables].sort()).toEqual(['hr.employees', 'sales.customers'])
    expect(classification['hr.employees.national_id']).toBe('pii.national_id')
    const backends = JSON.parse(String(gatewayEnvironment(parts).COUNTERSIGN_BACKENDS)) as Record<string, unknown>
    expect(backends['azure-postgresql']).toMatchObject({ port: 5, classification })
  })
})

describe('the people of the database', () => {
  it('cannot write SQL by their names', () => {
    const name = `o'x"; DROP ROLE a; --@x.example`
    const sql = writePeople([{ upn: name, name, groups: [], regions: ['US'], department: 'd', region: 'US' }])
    expect(sql).toContain(`CREATE ROLE "o'x""; DROP ROLE a; --@x.example" LOGIN`)
    expect(sql).toContain(`'o''x"; DROP ROLE a; --@x.example'`)
  })
})
