import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'
import { afterAll, describe, expect, it } from 'vitest'
import { loadCedar } from '../../../shared/policy/cedar.ts'
import type { PolicyJson } from '../../../shared/policy/language.ts'
import { permitAll, problemOf, shippedOptions } from './fixtures.ts'

const folder = mkdtempSync(join(tmpdir(), 'countersign policy '))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the Cedar engine', () => {
  it('leaves no older set in place when a newer one under the same name is broken', async () => {
    const language = await loadCedar()
    const { schema } = await shippedOptions()
    const [policy] = language.parse(permitAll)
    const names = { policyDigest: 'same', schemaDigest: 'same' }
    language.prepare({ policies: { a: policy as PolicyJson }, schema, ...names })
    const broken = { policies: { a: { effect: 'permit', conditions: [] } }, schema, ...names } as const
    expect((await problemOf(() => language.prepare(broken))).code).toBe('policy_unavailable')
  })

  it('starts from a bundle with its WebAssembly beside it and no packages around', async () => {
    const entry = join(folder, 'entry.ts')
    const cedar = resolve('shared/policy/cedar.ts')
    writeFileSync(
      entry,
      `import { loadCedar } from ${JSON.stringify(cedar)}
       const language = await loadCedar()
       console.log(language.parse(${JSON.stringify(permitAll)})[0].annotations.id)`,
    )
    await build({
      entryPoints: [entry],
      outdir: join(folder, 'dist'),
      bundle: true,
      format: 'esm',
      splitting: true,
      platform: 'node',
      logLevel: 'silent',
      outExtension: { '.js': '.mjs' },
    })
    const wasm = resolve('node_modules/@cedar-policy/cedar-wasm/web/cedar_wasm_bg.wasm')
    copyFileSync(wasm, join(folder, 'dist/cedar_wasm_bg.wasm'))
    expect(existsSync(join(folder, 'node_modules'))).toBe(false)
    const out = execFileSync(process.execPath, [join(folder, 'dist/entry.mjs')], { cwd: folder, timeout: 20_000 })
    expect(out.toString().trim()).toBe('permit-all')
  })
})
