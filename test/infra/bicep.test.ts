import { describe, expect, it } from 'vitest'
import { findLateFaults } from '../support/bicep/constants.ts'
import { infra } from '../support/bicep/deployments.ts'
import { findModuleFaults } from '../support/bicep/modules.ts'
import { openTypes } from '../support/bicep/published-types.ts'
import { findTypeFaults } from '../support/bicep/resource-types.ts'
import { findSymbolFaults } from '../support/bicep/symbols.ts'
import { judgedBy } from '../support/specs/sources.ts'

const files = [...infra.values()]
const publishedTypes = openTypes(`${process.env.SPECS_DIR}/bicep-types`)

describe('the templates (read by a grammar; not compiled)', () => {
  it('are all there', () => {
    expect(files.length).toBeGreaterThan(20)
    expect([...infra.keys()]).toContain('infra/main.bicep')
    expect(files.flatMap(({ resources }) => resources).length).toBeGreaterThan(80)
  })

  it('can be read without a fault', () => {
    expect(files.flatMap(({ faults }) => faults)).toEqual([])
  })

  it('hide no line from the grammar but the one that it does not know', () => {
    expect(new Set(files.flatMap(({ unseen }) => unseen))).toEqual(new Set(['extension microsoftGraphV1']))
  })

  it('switch no diagnostic off', () => {
    expect(files.flatMap(({ path, disabled }) => disabled.map((line) => `${path} ${line}`))).toEqual([])
  })

  it('name what is declared, and declare nothing that nobody names', () => {
    expect(files.flatMap((file) => findSymbolFaults(file, infra))).toEqual([])
  })

  it('give modules what these declare, and load files that are there', () => {
    expect(files.flatMap((file) => findModuleFaults(file, infra))).toEqual([])
  })

  it('ask before deployment for nothing that is known only after it', () => {
    expect(files.flatMap((file) => findLateFaults(file, null))).toEqual([])
  })
})

describe('the resources (judged by published types; not deployed)', () => {
  judgedBy('bicep-types')('have only members that their types have, and all that these demand', () => {
    expect(files.flatMap((template) => findTypeFaults({ template, templates: infra, types: publishedTypes }))).toEqual(
      [],
    )
  })

  judgedBy('bicep-types')('know before deployment whatever their types mark so', () => {
    expect(files.flatMap((file) => findLateFaults(file, publishedTypes))).toEqual([])
  })
})
