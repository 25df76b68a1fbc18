import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { cp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pack } from '../../infra/build/package.ts'
import type { PersonaName } from '../../infra/local/personas.ts'
import { type Hosted, hostPackage, openSurroundings, type Surroundings } from '../support/gateway-package.ts'

/** The deployable package alone in a folder, started while what it needs is away. */
const folder = mkdtempSync(join(tmpdir(), 'countersign package '))
const app = join(folder, 'app')
let around: Surroundings

beforeAll(async () => {
  const [opened, packed] = await Promise.all([openSurroundings(), pack(join(folder, 'packed'))])
  around = opened
  await cp(packed, app, { recursive: true })
}, 90_000)

afterAll(async () => {
  await around?.stop()
  rmSync(folder, { recursive: true, force: true })
})

interface Reply {
  readonly status: number
  readonly retryAfter: string | null
  // biome-ignore lint/suspicious/noExplicitAny: bodies are read by the tests as they come
  readonly body: any
}

async function ask(hosted: Hosted, path: string, persona?: PersonaName): Promise<Reply> {
  const token = persona === undefined ? undefined : around.services.entra.mint(persona).token
  const headers = { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) }
  const response = await fetch(`${hosted.url}${path}`, {
    headers,
    signal: AbortSignal.timeout(20_000),
    ...(persona === undefined ? {} : { method: 'POST', body: '{}' }),
  })
  const text = await response.text()
  return { status: response.status, retryAfter: response.headers.get('retry-after'), body: JSON.parse(text) }
}

async function withGateway(use: (hosted: Hosted) => Promise<void>): Promise<void> {
  const hosted = await hostPackage({ app, port: around.port, env: around.env })
  try {
    await use(hosted)
  } finally {
    await hosted.stop()
  }
}

async function untilCalled(hosted: Hosted): Promise<void> {
  for (let turn = 0; turn < 100; turn += 1) {
    if ((await ask(hosted, '/api/rest-entra-api/whoami', 'alice')).status === 200) return
    await sleep(250)
  }
  throw new Error(`the gateway did not recover:\n${hosted.log()}`)
}

async function plant(fault: Readonly<Record<string, unknown>>): Promise<void> {
  await fetch(`${around.services.entra.url}/dev/fault`, { method: 'POST', body: JSON.stringify(fault) })
}

const filesOf = (extension: string) =>
  readdirSync(app, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile() && each.name.endsWith(extension))
    .map((each) => ({ name: each.name, bytes: statSync(join(each.parentPath, each.name)).size }))
const sumOf = (files: readonly { readonly bytes: number }[]) => files.reduce((sum, { bytes }) => sum + bytes, 0)
const bytesOf = (extension: string) => sumOf(filesOf(extension))
/** Chunks of the drivers, which a backend of theirs loads at its first call. */
const isDriver = ({ name }: { readonly name: string }) =>
  /^(cosmos|mongo|mysql2|ssh|tedious)-[A-Z0-9]{8}\.js$/.test(name)

describe('the package', () => {
  it('holds at most 2.5 MB of JavaScript beside the drivers, 30 MB of wasm, no modules, maps, sources or settings', async () => {
    const names = readdirSync(app, { recursive: true }).map(String)
    expect(bytesOf('.js') + bytesOf('.mjs')).toBeGreaterThan(100_000)
    const drivers = filesOf('.js').filter(isDriver)
    expect(drivers.length).toBeGreaterThanOrEqual(5)
    for (const { name, bytes } of drivers) expect(bytes).toBeLessThanOrEqual(/^ssh/.test(name) ? 290_000 : 560_000)
    expect(bytesOf('.js') + bytesOf('.mjs') - sumOf(drivers)).toBeLessThanOrEqual(2_500_000)
    expect(bytesOf('.wasm')).toBeLessThanOrEqual(30_000_000)
    expect(names.filter((name) => /node_modules|\.map$|\.ts$|settings|\.env|\.pem$/.test(name))).toEqual([])
    expect(JSON.parse(await readFile(join(app, 'package.json'), 'utf8')).dependencies).toBeUndefined()
  })

  it('makes no code at run time: the validator of the MCP library is not in it', () => {
    const scripts = readdirSync(join(app, 'dist')).filter((name) => name.endsWith('.js'))
    const texts = scripts.map((name) => readFileSync(join(app, 'dist', name), 'utf8'))
    expect(texts.filter((text) => text.includes('no JSON Schema is validated here'))).toHaveLength(1)
    expect(texts.filter((text) => text.includes('ajv implementation error'))).toEqual([])
  })

  it.each([
    ['its own storage account', (url: string) => ({ baseUrl: url, containers: ['evidence'] }), 'is refused: own'],
    ['no list of containers', () => ({ baseUrl: 'https://127.0.0.1:1/contosofiles' }), 'containers) is missing'],
  ])('does not start where files are %s', async (_what, files, text) => {
    const own = files(String(around.env.COUNTERSIGN_EVIDENCE_BLOBS_URL))
    const env = { ...around.env, COUNTERSIGN_BACKENDS: JSON.stringify({ 'azure-storage-blob': own }) }
    const started = hostPackage({ app, port: around.port, env }).then((hosted) => hosted.stop())
    await expect(started).rejects.toThrow(text)
  })

  it.each([
    ['missing', 'COUNTERSIGN_HOME_TENANT', undefined],
    ['no GUID', 'COUNTERSIGN_HOME_TENANT', 'not-a-guid-4711'],
    [
      'for a host elsewhere',
      'COUNTERSIGN_BACKENDS',
      '{"rest-entra-api":{"baseUrl":"https://zebra4711.example","scope":"s"}}',
    ],
    ['of a name that is none', 'COUNTERSIGN_ALOWED_ACTORS', 'zebra4711'],
  ])('does not start with a setting that is %s, and names it (%s), not its value', async (_, name, value) => {
    const env = { ...around.env, [name]: value }
    const failure = await hostPackage({ app, port: around.port, env }).then(
      (hosted) => hosted.stop(),
      (error: unknown) => error,
    )
    expect(failure).toBeInstanceOf(Error)
    const { message } = failure as Error
    expect(message).toContain(name)
    expect(message).not.toContain('4711')
  })
})

describe('a gateway whose vault is away at its first call', () => {
  it.each(['error', 'drop'])('(%s) serves documents, calls nothing, and recovers', async (kind) => {
    await around.vault({ kind, sticky: true })
    await withGateway(async (hosted) => {
      const before = JSON.stringify(around.services.orders.read())
      expect((await ask(hosted, '/openapi.json')).status).toBe(200)
      for (const path of ['/api/rest-entra-api/createOrder', '/api/rest-entra-api/whoami']) {
        const { status, body, retryAfter } = await ask(hosted, path, 'alice')
        expect([status, body.code]).toEqual([503, 'audit_unavailable'])
        expect(Number(retryAfter)).toBeGreaterThan(0)
      }
      const health = await ask(hosted, '/health')
      expect([health.status, health.body.code]).toEqual([503, 'audit_unavailable'])
      expect(JSON.stringify(around.services.orders.read())).toBe(before)
      await around.vault(null)
      await untilCalled(hosted)
      expect((await ask(hosted, '/health')).status).toBe(200)
    })
  })
})

describe('a gateway whose policy cannot be loaded', () => {
  it('refuses every route under a code, logs why, and recovers', async () => {
    const rules = join(app, 'dist/policy/people.cedar')
    const whole = await readFile(rules, 'utf8')
    await writeFile(rules, `${whole}\npermit everything`)
    await withGateway(async (hosted) => {
      for (const [path, persona] of [['/health'], ['/api/rest-entra-api/whoami', 'alice']] as const) {
        const { status, body, retryAfter } = await ask(hosted, path, persona)
        expect([status, body.code]).toEqual([503, 'policy_unavailable'])
        expect(Number(retryAfter)).toBeGreaterThan(0)
        expect(hosted.log()).toContain(body.instance.replace('urn:uuid:', ''))
      }
      await writeFile(rules, whole)
      await untilCalled(hosted)
    })
  })
})

describe('a gateway that never had the signing keys', () => {
  it('says that it cannot judge, not that the token is wrong, and recovers', async () => {
    await plant({ kind: 'error', target: 'keys', sticky: true })
    await withGateway(async (hosted) => {
      const { status, body, retryAfter } = await ask(hosted, '/api/rest-entra-api/whoami', 'alice')
      expect([status, body.code]).toEqual([503, 'keys_unavailable'])
      expect(Number(retryAfter)).toBeGreaterThan(0)
      await fetch(`${around.services.entra.url}/dev/fault`, { method: 'DELETE' })
      await untilCalled(hosted)
    })
  })
})

describe('a gateway whose identity is away', () => {
  it('refuses every call, and recovers', async () => {
    await plant({ kind: 'error', target: 'msi', sticky: true })
    await withGateway(async (hosted) => {
      const { status, body } = await ask(hosted, '/api/rest-entra-api/whoami', 'alice')
      expect([status, body.code]).toEqual([503, 'audit_unavailable'])
      await fetch(`${around.services.entra.url}/dev/fault`, { method: 'DELETE' })
      await untilCalled(hosted)
    })
  })
})

describe('a gateway that is told to stop', () => {
  it('ends with code 0, and the next one takes up the book', async () => {
    const first = await hostPackage({ app, port: around.port, env: around.env })
    await untilCalled(first)
    expect(await first.stop()).toBe(0)
    await withGateway(async (hosted) => {
      await untilCalled(hosted)
    })
  })
})
