import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'
import { afterAll, describe, expect, it } from 'vitest'
import { loadCedar } from '../../../shared/policy/cedar.ts'
import type { PolicyJson, Question } from '../../../shared/policy/language.ts'
import { refer } from '../../../shared/policy/schema.ts'
import { permitAll, problemOf, shippedOptions } from './fixtures.ts'

function questionOf(kind: string): Question {
  const principal = refer(kind, 't/o')
  const attrs = { homeTenant: true, guest: false, publicClient: false, actor: 'a', authContexts: [] }
  const label = refer('Label', 'pii')
  return {
    principal,
    action: refer('Action', 'see'),
    resource: label,
    context: { operation: { __entity: refer('Operation', 'b/o') } },
    entities: [
      { uid: principal, attrs, parents: [] },
      { uid: label, attrs: {}, parents: [] },
    ],
  }
}

const folder = mkdtempSync(join(tmpdir(), 'countersign policy '))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the Cedar engine', () => {
  it('leaves no older set in place when a newer one under the same name is broken', async () => {
    const language = await loadCedar()
    const { schema } = await shippedOptions()
    const [policy] = language.parse(permitAll)
    const question = questionOf('Person')
    const whole = language.prepare({ policies: { a: policy as PolicyJson }, schema, schemaDigest: 'same' })
    expect(whole.ask(question)).toEqual({ allowed: true, reasons: ['a'], errors: [] })
    const { principal: _principal, ...headless } = policy as PolicyJson
    const broken = language.prepare({ policies: { a: headless as PolicyJson }, schema, schemaDigest: 'same' })
    expect((await problemOf(() => broken.ask(question))).code).toBe('policy_unavailable')
    expect(whole.ask(question).allowed).toBe(true)
  })

  it('answers by the right set however many others it was given since', async () => {
    const language = await loadCedar()
    const { schema } = await shippedOptions()
    const [permit] = language.parse(permitAll)
    const sets = Array.from({ length: 300 }, (_, at) =>
      language.prepare({ policies: { [`p${at}`]: permit as PolicyJson }, schema, schemaDigest: 'same' }),
    )
    for (const at of [...sets.keys(), 0, 299, 7]) {
      expect(sets[at]?.ask(questionOf('Person')).reasons).toEqual([`p${at}`])
    }
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
