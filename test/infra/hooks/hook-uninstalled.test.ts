import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const clone = mkdtempSync(join(tmpdir(), 'countersign-clone-'))

beforeAll(() => {
  const heavy = /[\\/]infra[\\/](?:platform|watch)$/
  for (const part of ['infra', 'shared', 'functions', 'package.json'])
    cpSync(join(root, part), join(clone, part), { recursive: true, filter: (path) => !heavy.test(path) })
})
afterAll(() => rmSync(clone, { recursive: true, force: true }))

describe('a hook in a clone without packages', () => {
  it.each(['preflight', 'lock', 'doctor', 'down'])(
    'says what to run, and shows no place in its code: %s',
    (hook) => {
      const args = ['--import', import.meta.resolve('tsx'), join(clone, 'infra/hooks', `${hook}.ts`), '--json']
      const done = spawnSync(process.execPath, args, { cwd: clone, encoding: 'utf8', timeout: 60_000 })
      expect({ code: done.status, stderr: done.stderr }).toEqual({ code: 1, stderr: '' })
      expect(JSON.parse(done.stdout)).toMatchObject([{ check: hook, code: 'packages_missing', state: 'wrong' }])
    },
    60_000,
  )
})
