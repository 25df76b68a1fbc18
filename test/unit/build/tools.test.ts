import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { repository } from '../../../infra/build/check.ts'
import { isOnPath, needs } from '../../support/tools.ts'

describe('a tool', () => {
  it.each([
    ['node', true],
    ['no-such-tool-anywhere', false],
  ])('%s is found: %s', (tool, found) => {
    expect(isOnPath(tool)).toBe(found)
  })

  it('that is there leaves the test as it is', () => {
    expect(needs('node', () => true)).toBe(it)
  })
})

describe('a test that needs a missing tool', () => {
  mkdirSync(join(repository, '.cache'), { recursive: true })
  const folder = mkdtempSync(join(repository, '.cache/tools-'))
  const file = join(folder, 'test/missing.test.ts')
  mkdirSync(join(folder, 'test'))
  writeFileSync(
    file,
    `import { needs } from ${JSON.stringify(join(repository, 'test/support/tools.ts'))}\nneeds('nothing-of-the-kind')('talks to it', () => {})\n`,
  )
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it.each([
    ['', 0, 'talks to it (skipped: needs nothing-of-the-kind)'],
    ['1', 1, 'nothing-of-the-kind is not there although REQUIRE_TOOLS is 1'],
  ])('with REQUIRE_TOOLS=%s ends with %s', (required, code, words) => {
    const vitest = join(repository, 'node_modules/vitest/vitest.mjs')
    const args = [vitest, 'run', '--root', folder, '--reporter=verbose']
    const ran = spawnSync(process.execPath, args, {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, REQUIRE_TOOLS: required },
    })
    expect(`${ran.stdout}${ran.stderr}`).toContain(words)
    expect(ran.status).toBe(code)
  })
})
