/**
 * From nothing to the first governed answer: the packaged app in a fresh process each time. The import alone, with the
 * sample's settings, against an eager import of the packages that such a gateway is written with; then, in the embedded
 * stack, the first call after the host says that it listens, on the clock, everything that is loaded lazily included.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { pack } from '../../infra/build/package.ts'
import { projectRoot } from '../../infra/local/stack/local-folder.ts'
import { hostPackage, openSurroundings, type Surroundings } from '../support/gateway-package.ts'
import { type Bench, compareFigure, type Figure, roundFigure } from './measurement.ts'
import { median, takeTurns } from './rounds.ts'

/** What the peer imports at its start: the same SDKs, as packages. */
const packages = [
  '@azure/functions',
  'jose',
  '@azure/msal-node',
  '@azure/identity',
  '@azure/data-tables',
  '@azure/keyvault-secrets',
  'zod',
]

const calls = {
  'first governed call': { path: 'rest-entra-api/listOrders', inputs: {} },
  'first governed SQL call': {
    path: 'azure-postgresql/executeQuery',
    inputs: { sql: 'SELECT id, name FROM sales.customers LIMIT 3' },
  },
}

export const run: Bench = async ({ quick }) => {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-bench-'))
  try {
    const app = await pack(join(folder, 'app'))
    return [await compareImport(app, quick ? 3 : 15), ...(await measureFirstCalls(app, quick ? 1 : 7))]
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function compareImport(app: string, rounds: number): Promise<Figure> {
  const { Values } = JSON.parse(await readFile(join(projectRoot, 'local.settings.sample.json'), 'utf8'))
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, ...Values }
  const main = pathToFileURL(join(app, 'dist/main.js')).href
  const turns = await takeTurns(rounds, {
    ours: () => timeImports([main], { cwd: app, env }),
    peer: () => timeImports(packages, { cwd: projectRoot, env }),
  })
  const figure = { case: 'import of the build', value: median(turns.map(({ ours }) => ours)), unit: 'ms' }
  return compareFigure(
    'cost',
    { ...figure, peer: 'the SDKs imported eagerly as packages' },
    median(turns.map(({ peer }) => peer)),
  )
}

/** Milliseconds that a fresh process needs for these imports, its own start not counted. */
async function timeImports(names: readonly string[], { cwd, env }: { cwd: string; env: NodeJS.ProcessEnv }) {
  const text = `const begin = performance.now()
    for (const name of ${JSON.stringify(names)}) await import(name)
    process.stderr.write('took ' + (performance.now() - begin) + '\\n', () => process.exit())`
  const child = spawn(process.execPath, ['--input-type=module', '-e', text], { cwd, env, stdio: 'pipe' })
  const said = await readAll(child)
  const took = /took ([\d.]+)/.exec(said)?.[1]
  if (took === undefined) throw new Error(`it cannot be imported: ${said}`)
  return Number(took)
}

async function readAll(child: ChildProcess): Promise<string> {
  let said = ''
  child.stderr?.on('data', (chunk) => {
    said += String(chunk)
  })
  child.stdout?.resume()
  await once(child, 'close')
  return said
}

async function measureFirstCalls(app: string, rounds: number): Promise<readonly Figure[]> {
  const surroundings = await openSurroundings()
  try {
    const token = await takeToken(surroundings)
    const figures: Figure[] = []
    for (const [name, call] of Object.entries(calls)) {
      const took: number[] = []
      for (let round = 0; round < rounds; round++) took.push(await timeFirst(app, { ...call, token }, surroundings))
      figures.push({ case: name, value: roundFigure(median(took)), unit: 'ms' })
    }
    return figures
  } finally {
    await surroundings.stop()
  }
}

interface FirstCall {
  readonly path: string
  readonly inputs: object
  readonly token: string
}

/** Milliseconds from "it listens" to the answer. */
async function timeFirst(app: string, call: FirstCall, { port, env }: Surroundings): Promise<number> {
  const host = await hostPackage({ app, port, env })
  try {
    const begin = performance.now()
    const response = await fetch(`${host.url}/api/${call.path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${call.token}`, 'content-type': 'application/json' },
      body: JSON.stringify(call.inputs),
    })
    const text = await response.text()
    const took = performance.now() - begin
    if (response.status !== 200) throw new Error(`the first call was answered ${response.status} ${text}`)
    return took
  } finally {
    await host.stop()
  }
}

async function takeToken({ services }: Surroundings): Promise<string> {
  const response = await fetch(`${services.entra.url}/dev/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ persona: 'alice' }),
  })
  return ((await response.json()) as { token: string }).token
}
