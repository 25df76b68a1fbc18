import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { ProxyAgent, request } from 'undici'
import { takePort } from '../../infra/local/stack/free-port.ts'
import { makeRunFolder } from '../../infra/local/stack/scratch.ts'
import { type Services, startServices } from '../../infra/local/stack/services.ts'
import { gatewayEnvironment, vaultHost } from '../../infra/local/stack/settings.ts'
import { makeTeardown } from '../../infra/local/stack/teardown.ts'

const main = fileURLToPath(new URL('../../infra/local/host/main.ts', import.meta.url))
const startMs = 30_000

/** Everything that a gateway talks to, in this process, and the environment that leads it there. */
export interface Surroundings {
  readonly services: Services
  readonly port: number
  readonly env: NodeJS.ProcessEnv
  /** Plants a fault in the vault, or clears them. */
  readonly vault: (fault: Readonly<Record<string, unknown>> | null) => Promise<void>
  readonly stop: () => Promise<void>
}

export async function openSurroundings(): Promise<Surroundings> {
  const run = makeRunFolder()
  const teardown = makeTeardown((part, error) => process.stderr.write(`stopping ${part} failed: ${String(error)}\n`))
  // Nobody kills this process's children but the teardown: a guard would be one process more.
  const guard = { pid: 0, watch: () => undefined, sweep: () => undefined, dismiss: async () => undefined }
  const services = await startServices({ run, kept: null, guard, teardown })
  const { entra, storage, evidence, proxy, front, orders, certificates } = services
  const ca = join(run, 'ca.pem')
  writeFileSync(ca, certificates.ca)
  const port = await takePort(0)
  const parts = {
    port,
    ca,
    entra: entra.url,
    msi: entra.msi,
    evidenceMsi: entra.evidenceMsi,
    storage,
    evidence,
    proxy: proxy.url,
  }
  const agent = new ProxyAgent({ uri: proxy.url, requestTls: { ca: certificates.ca } })
  return {
    services,
    port,
    env: gatewayEnvironment({
      ...parts,
      postgresPort: front.port,
      orders: orders.url,
      files: services.blobs.url,
      databricks: services.databricks.url,
    }),
    vault: async (fault) => {
      const method = fault === null ? 'DELETE' : 'POST'
      const body = fault === null ? null : JSON.stringify(fault)
      const headers = { 'content-type': 'application/json' }
      const answer = await request(`https://${vaultHost}/dev/fault`, { dispatcher: agent, method, body, headers })
      await answer.body.dump()
      if (answer.statusCode !== 200) throw new Error(`the vault took no fault: ${answer.statusCode}`)
    },
    stop: async () => {
      await agent.close()
      await teardown.run()
      rmSync(run, { recursive: true, force: true })
    },
  }
}

/** A gateway from a package; `log` is all that it wrote. */
export interface Hosted {
  readonly url: string
  readonly pid: number
  readonly log: () => string
  readonly stop: () => Promise<number | null>
}

/** Starts the Functions host on a packaged app; rejects with the log where it ends before it listens. */
export async function hostPackage(options: { app: string; port: number; env: NodeJS.ProcessEnv }): Promise<Hosted> {
  const args = ['--import', import.meta.resolve('tsx'), main, '--app', options.app, '--port', String(options.port)]
  const child = spawn(process.execPath, args, { cwd: options.app, env: options.env, stdio: 'pipe' })
  const lines: string[] = []
  child.stderr.on('data', (chunk) => lines.push(String(chunk)))
  const log = () => lines.join('')
  const timer = setTimeout(() => child.kill('SIGKILL'), startMs)
  try {
    await Promise.race([readReady(child, lines), once(child, 'exit').then(() => Promise.reject(new Error(log())))])
  } finally {
    clearTimeout(timer)
  }
  return {
    url: `http://127.0.0.1:${options.port}`,
    pid: child.pid ?? -1,
    log,
    stop: async () => {
      child.kill('SIGTERM')
      return child.exitCode ?? ((await once(child, 'exit'))[0] as number | null)
    },
  }
}

function readReady(child: ChildProcess, lines: string[]): Promise<void> {
  return new Promise((resolve) => {
    if (child.stdout === null) return
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.includes('"event":"ready"')) resolve()
      else lines.push(`${line}\n`)
    })
  })
}
