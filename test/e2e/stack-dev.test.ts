import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { StackFile } from '../../infra/local/stack/local-folder.ts'
import { copyRepository, type RepositoryCopy } from '../support/repository-copy.ts'

const parts = ['functions', 'shared', 'infra', 'package.json', 'package-lock.json', 'host.json', 'tsconfig.json']
const declaration = 'functions/rest-entra-api.ts'

describe('npm run dev', () => {
  let copy: RepositoryCopy
  let child: ReturnType<typeof spawn>
  let output = ''

  const stackFile = () => JSON.parse(readFileSync(join(copy.root, '.local/stack.json'), 'utf8')) as StackFile
  const said = (text: string) => expect.poll(() => output, { timeout: 20_000, interval: 20 }).toContain(text)
  const catalogue = async () => (await fetch(`${stackFile().gateway}/openapi.json`)).text()

  beforeAll(async () => {
    copy = await copyRepository(parts)
    const args = ['--import', import.meta.resolve('tsx'), 'infra/local/launch.ts', 'dev']
    const { COUNTERSIGN_LOCAL_DIR: _, ...env } = process.env
    child = spawn(process.execPath, args, {
      cwd: copy.root,
      env: { ...env, PORT: '0' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk))
    await vi.waitFor(() => expect(output).toContain('is ready on'), { timeout: 60_000, interval: 50 })
  }, 70_000)

  afterAll(async () => {
    if (child.exitCode === null) {
      child.kill('SIGINT')
      await once(child, 'exit')
    }
    await copy.remove()
  }, 30_000)

  it('serves a changed declaration on the same port, while all but the gateway goes on', async () => {
    const before = stackFile()
    const text = readFileSync(join(copy.root, declaration), 'utf8')
    expect(await catalogue()).not.toContain('Another summary')
    await copy.plant(declaration, text.replace(/summary: '[^']*'/, "summary: 'Another summary'"))
    await said(`${declaration}: the gateway serves again`)
    expect(await catalogue()).toContain('Another summary')
    const { pids, ...after } = stackFile()
    expect({ ...after, pids: { ...pids, gateway: before.pids.gateway } }).toEqual(before)
    expect(pids.gateway).not.toBe(before.pids.gateway)
  })

  it('goes on with the old gateway when the build fails, and says so', async () => {
    const { gateway } = stackFile().pids
    await copy.plant('functions/broken.ts', 'export const broken: = 1\n')
    await said('functions/broken.ts: the build failed')
    expect(output).toContain('functions/broken.ts:1:')
    expect(await catalogue()).toContain('Another summary')
    expect(stackFile().pids.gateway).toBe(gateway)
  })

  it('goes back to the old gateway when the new one does not start', async () => {
    await copy.plant('functions/broken.ts', "throw new Error('planted')\n")
    await said('the old gateway serves again')
    expect(output).toContain('planted')
    expect(await catalogue()).toContain('Another summary')
  })
})
