import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { badgeOf, describeBackends } from '../support/backend-docs.ts'
import { loadFunctions } from '../support/line-declarations.ts'
import { ledgerFolder, ledgerPath, readLedger } from '../support/proofs.ts'

const keeps = 'keepProofs(import.meta.url)'
const root = fileURLToPath(new URL('../../', import.meta.url))
const page = join(root, 'docs/backends.md')
const backends = await loadFunctions()
const isUpdating = process.env.UPDATE_DOCS === '1'
const files = existsSync(ledgerFolder) ? readdirSync(ledgerFolder).filter((name) => name.endsWith('.json')) : []
const found = files.map((name) => ({ name, ...readLedger(join(ledgerFolder, name)) }))
// What no test keeps is no proof.
const isKept = (file: string) => existsSync(join(root, file)) && readFileSync(join(root, file), 'utf8').includes(keeps)
for (const { name, file } of found) if (isUpdating && !isKept(file)) rmSync(join(ledgerFolder, name))
const ledgers = found.filter(({ file }) => !isUpdating || isKept(file))
const made = describeBackends(
  backends,
  ledgers.map(({ proves }) => proves),
)
if (isUpdating) writeFileSync(page, made)

describe('docs/backends.md', () => {
  it('is what the declarations and the proofs say', () => {
    expect(readFileSync(page, 'utf8')).toBe(made)
  })

  it('gives the better of two proofs, and none to what nobody proved', () => {
    const some = [{ a: { b: 'official-spec' } }, { a: { b: 'live-protocol', c: 'official-spec' } }] as const
    expect(['b', 'c', 'd'].map((name) => badgeOf(some, 'a', name))).toEqual([
      'live-protocol',
      'official-spec',
      'declared',
    ])
  })
})

describe.each(ledgers)('the ledger $name', ({ name, file, proves }) => {
  // The test file itself fails where the ledger says more or less than it proved in this run.
  it('is kept by a test file of the suite', () => {
    expect(ledgerPath(file)).toBe(join(ledgerFolder, name))
    expect(file).toMatch(/^test\/(?!long\/).+\.test\.ts$/)
    expect(isKept(file)).toBe(true)
  })

  it('proves operations that are declared', () => {
    const said = Object.entries(proves).flatMap(([backend, kinds]) =>
      Object.keys(kinds).map((one) => [backend, one] as const),
    )
    const strange = said.filter(
      ([backend, one]) => backends.find((each) => each.name === backend)?.operations[one] === undefined,
    )
    expect(strange).toEqual([])
  })
})
