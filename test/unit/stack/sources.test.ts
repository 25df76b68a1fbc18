import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { changedBetween, digestOf, readSources } from '../../../infra/local/stack/sources.ts'
import { watchFolders } from '../../../infra/local/stack/watch.ts'

let root = ''

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'countersign-sources-'))
  mkdirSync(join(root, 'a/b'), { recursive: true })
  writeFileSync(join(root, 'a/one.ts'), '1')
  writeFileSync(join(root, 'a/b/two.ts'), '2')
  writeFileSync(join(root, 'file.json'), '{}')
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const paths = ['a', 'file.json', 'missing']

describe('the sources', () => {
  it('are the files named and those below the folders named', () => {
    expect([...readSources(root, paths).keys()]).toEqual(['a/b/two.ts', 'a/one.ts', 'file.json'])
  })

  it('name what was added, changed and removed', () => {
    const before = readSources(root, paths)
    writeFileSync(join(root, 'a/one.ts'), 'other')
    writeFileSync(join(root, 'a/three.ts'), '3')
    rmSync(join(root, 'a/b/two.ts'))
    const after = readSources(root, paths)
    expect(changedBetween(before, after)).toEqual(['a/b/two.ts', 'a/one.ts', 'a/three.ts'])
    expect(digestOf(before)).not.toBe(digestOf(after))
  })

  it('have the digest of their names and contents, and of what else decides', () => {
    expect(digestOf(readSources(root, paths), 'x')).toBe(digestOf(readSources(root, paths), 'x'))
    expect(digestOf(readSources(root, paths), 'x')).not.toBe(digestOf(readSources(root, paths), 'y'))
  })
})

describe('the watch', () => {
  async function countUntilQuiet(change: () => Promise<void> | void): Promise<number> {
    let calls = 0
    const end = watchFolders(root, paths, () => {
      calls += 1
    })
    await change()
    await sleep(400)
    end()
    return calls
  }

  it('calls once for a save in several steps', async () => {
    const calls = await countUntilQuiet(() => {
      writeFileSync(join(root, 'a/one.ts.tmp'), 'x')
      writeFileSync(join(root, 'a/one.ts'), 'x')
      rmSync(join(root, 'a/one.ts.tmp'))
    })
    expect(calls).toBe(1)
  })

  it('follows folders that are made later', async () => {
    let calls = 0
    const end = watchFolders(root, paths, () => {
      calls += 1
    })
    mkdirSync(join(root, 'a/new'))
    await expect.poll(() => calls).toBe(1)
    writeFileSync(join(root, 'a/new/four.ts'), '4')
    await expect.poll(() => calls).toBe(2)
    end()
  })

  it('is silent after its end', async () => {
    let calls = 0
    watchFolders(root, paths, () => {
      calls += 1
    })()
    writeFileSync(join(root, 'a/one.ts'), 'x')
    await sleep(200)
    expect(calls).toBe(0)
  })
})
