import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openBundleFolder, refuseFolder, writeBundleFolder } from '../../../infra/local/bundle/bundle-folder.ts'
import { readMoment } from '../../../infra/local/bundle/moment.ts'
import { verifyFolder } from '../../../infra/local/bundle/verify-folder.ts'
import { layOut, runScript } from '../../support/bundles/independent.ts'
import { needs } from '../../support/tools.ts'
import { readVectors } from '../../vectors/make-bundles.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'folder-'))
})

afterEach(() => {
  vi.restoreAllMocks()
  rmSync(folder, { recursive: true, force: true })
})

const file = (name: string, text = 'x') => ({ name, bytes: Buffer.from(text) })

describe("a bundle's folder", () => {
  it('gives regular files and nothing else, without waiting', async () => {
    writeFileSync(join(folder, 'file'), 'content')
    mkdirSync(join(folder, 'folder'))
    symlinkSync('file', join(folder, 'link'))
    symlinkSync('/dev/zero', join(folder, 'endless'))
    spawnSync('mkfifo', [join(folder, 'pipe')])
    writeFileSync(join(folder, 'huge'), '')
    truncateSync(join(folder, 'huge'), 2 ** 30 + 1)
    const { read } = openBundleFolder(folder)
    const names = ['folder', 'link', 'endless', 'pipe', 'huge', 'none']
    expect(await Promise.all(names.map(read))).toEqual(names.map(() => null))
    expect(Buffer.from((await read('file')) ?? []).toString()).toBe('content')
  })

  it('is written only where nothing is', async () => {
    expect(await refuseFolder(folder)).toBeNull()
    expect(await refuseFolder(join(folder, 'new'))).toBeNull()
    writeFileSync(join(folder, 'file'), '')
    expect(await refuseFolder(folder)).toContain('not empty')
    expect(await refuseFolder(join(folder, 'file'))).toContain('ENOTDIR')
  })

  it('is taken away again where writing fails', async () => {
    const out = join(folder, 'new')
    const failing = async function* () {
      yield file('one')
      throw new Error('the store is away')
    }
    await expect(writeBundleFolder(out, failing())).rejects.toThrow('the store is away')
    expect(existsSync(out)).toBe(false)
    await writeBundleFolder(out, [file('one'), file('two')])
    expect(readdirSync(out).sort()).toEqual(['one', 'two'])
  })
})

describe('audit:verify --bundle', () => {
  const vectors = readVectors()
  if (vectors === null) throw new Error('there are no vectors')
  const pick = (name: string) => vectors.cases.find((one) => one.name === name) ?? vectors.cases[0]!
  const printed = async (args: readonly string[]) => {
    const out = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
    vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    const [dir, ...rest] = args
    const code = await verifyFolder(['--bundle', dir ?? '', ...rest])
    return [code, String(out.mock.calls[0]?.[0] ?? '').trimEnd()]
  }

  it.each([
    'whole',
    'judged by a key file',
    'judged by its own key',
    'a byte of a sealed row',
    'a segment that is a link',
    'rolled back behind a kept checkpoint',
    'an intent without outcome',
    'a decision proven',
    'no manifest',
  ])('prints the agreed line and exit code: %s', async (name) => {
    const one = pick(name)
    expect(await printed(layOut(vectors, one, folder))).toEqual([one.exit, one.line])
  })

  it.each([
    ['an unknown option', ['--what']],
    ['a key file that is not there', ['--key', '/nowhere/key.pem']],
    ['a checkpoint that is not there', ['--since', '/nowhere/checkpoint.txt']],
  ])('refuses %s with exit code 64', async (_, args) => {
    expect(await printed([folder, ...args])).toEqual([64, ''])
  })

  it('does not call a folder that is not there a bundle that fails', async () => {
    expect(await printed([join(folder, 'nowhere')])).toEqual([64, ''])
  })

  needs('python3')('agrees with the script about wrong use', async () => {
    for (const args of [[folder, '--key', '/nowhere/key.pem'], [join(folder, 'nowhere')]]) {
      const [code, line, complaint] = await runScript(args)
      expect([code, line, complaint === '']).toEqual([64, '', false])
    }
  })
})

describe('a moment', () => {
  it.each([
    ['2026-11-22', '2026-11-22T00:00:00.000Z', '2026-11-22T23:59:59.999Z'],
    ['2026-11-22T10:00Z', '2026-11-22T10:00:00.000Z', '2026-11-22T10:00:00.000Z'],
    ['2026-11-22T10:00:01.5Z', '2026-11-22T10:00:01.500Z', '2026-11-22T10:00:01.500Z'],
    ['2026-02-30', null, null],
    ['2026-11-22T10:00:00', null, null],
    ['yesterday', null, null],
  ])('is read from %s', (text, begin, end) => {
    expect([readMoment(text, 'begin'), readMoment(text, 'end')]).toEqual([begin, end])
  })
})
