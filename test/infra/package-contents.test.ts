import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { repository } from '../../infra/build/check.ts'
import { pack } from '../../infra/build/package.ts'
import { isIgnored, listFiles, type Packed } from '../support/package-files.ts'

// That it starts from an empty folder, as both apps and under every Node, is the check `package` of `npm test`.

const megabyte = 1024 * 1024
let folder = ''
let files: readonly Packed[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign contents '))
  files = listFiles(await pack(join(folder, 'app')))
}, 120_000)

afterAll(() => rm(folder, { recursive: true, force: true }))

const paths = () => files.map(({ path }) => path)
const sum = (some: readonly Packed[]) => some.reduce((total, { bytes }) => total + bytes, 0)
const scripts = () => files.filter(({ path }) => /\.[cm]?js$/.test(path))

describe('the package (its files; nothing is uploaded)', () => {
  it('is what Azure starts: an entry, host.json and a manifest without anything to install', () => {
    expect(paths()).toEqual(expect.arrayContaining(['host.json', 'package.json', 'dist/main.js', 'dist/build.json']))
    const manifest = JSON.parse(files.find(({ path }) => path === 'package.json')?.text() ?? '{}')
    expect(manifest.main).toBe('dist/main.js')
    expect(Object.keys(manifest).filter((name) => /dependencies|scripts/i.test(name))).toEqual([])
  })

  it('has nothing but that, the policy and the console', () => {
    const known =
      /^(\.funcignore|host\.json|package\.json|dist\/[\w.-]+\.(js|wasm|json)|dist\/policy\/[\w.-]+|dist\/console\/[\w.-]+)$/
    expect(paths().filter((path) => !known.test(path))).toEqual([])
    expect(
      paths().filter((path) => /node_modules|\.map$|\.ts$|\.test\.|local\.settings|tests?\.json/.test(path)),
    ).toEqual([])
  })

  it('is within its size: 36 MB, of which 5 MB are JavaScript, in 120 files', () => {
    expect(files.length).toBeLessThanOrEqual(120)
    expect(sum(files)).toBeLessThanOrEqual(35 * megabyte)
    expect(sum(scripts())).toBeLessThanOrEqual(5 * megabyte)
    // What an empty package would pass as well.
    expect(sum(scripts())).toBeGreaterThan(megabyte)
  })

  it('has every wasm file that its code asks for', () => {
    const asked = new Set(
      scripts().flatMap((file) =>
        [...file.text().matchAll(/["'`./]([\w-]+\.wasm)["'`]/g)].map(([, name = '']) => name),
      ),
    )
    const there = paths().flatMap((path) => (path.endsWith('.wasm') ? [path.replace('dist/', '')] : []))
    expect(there.length).toBeGreaterThanOrEqual(3)
    expect(there.filter((name) => !asked.has(name))).toEqual([])
  })

  it('has no stand-in, no persona of the local stack and no address on this machine', () => {
    const marks = [/infra\/local\//, /countersign\.vault\.localhost/, /Adler/]
    const found = scripts().flatMap((file) =>
      marks.filter((mark) => mark.test(file.text())).map((mark) => `${file.path} ${mark}`),
    )
    expect(found).toEqual([])
    expect(files.filter((file) => file.text().includes(repository.replace(/\/$/, ''))).map(({ path }) => path)).toEqual(
      [],
    )
  })

  it('has no secret', () => {
    // The key of the storage emulator, which is published, comes with the library of tables.
    const marks =
      /-----BEGIN (RSA |EC )?PRIVATE KEY-----(?:\\n|\s)*[A-Za-z0-9+/]{40}|AccountKey=(?!Eby8vdM02)[A-Za-z0-9+/]{40}|[?&]sig=[A-Za-z0-9%]{30}|eyJ[\w-]{20,}\.eyJ[\w-]{20,}\./
    const found = files.filter(({ path }) => !path.endsWith('.wasm')).filter((file) => marks.test(file.text()))
    expect(found.map(({ path }) => path)).toEqual([])
  })

  it('loses nothing by .funcignore', () => {
    const file = join(repository, '.funcignore')
    const patterns = existsSync(file) ? readFileSync(file, 'utf8') : ''
    expect(paths().filter((path) => isIgnored(patterns, path))).toEqual(existsSync(file) ? ['.funcignore'] : [])
  })
})

describe('.funcignore', () => {
  it.each([
    ['dist', 'dist/main.js', true],
    ['*.json', 'dist/policy/groups.json', true],
    ['/host.json', 'host.json', true],
    ['/host.json', 'dist/host.json', false],
    ['node_modules/', 'node_modules/a/b.js', true],
    ['*.json\n!host.json', 'host.json', false],
    ['# dist', 'dist/main.js', false],
    ['*.map', 'dist/main.js', false],
  ])('is understood: %j of %s', (patterns, path, ignored) => {
    expect(isIgnored(patterns, path)).toBe(ignored)
  })
})
