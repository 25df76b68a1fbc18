import { existsSync, readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { settingsSchema } from '../../../shared/config/settings.ts'
import { readmeNames, sampleNames, templateNames } from '../../support/settings-lists.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const schema = Object.keys(settingsSchema.shape).sort()
const read = (file: string) => readFileSync(join(root, file), 'utf8')

// What only development may set is no app setting in Azure.
const deployed = schema.filter((name) => name !== 'COUNTERSIGN_ENTRA_URL')

async function templates(): Promise<string[]> {
  const names = await readdir(join(root, 'infra'), { recursive: true })
  return names.filter((name) => name.endsWith('.bicep')).map((name) => read(join('infra', name)))
}

describe('the settings', () => {
  it('are those of the sample file', () => {
    expect(sampleNames(read('local.settings.sample.json'))).toEqual(schema)
  })

  it("are those of the README's table", () => {
    expect(existsSync(join(root, 'README.md')), 'README.md is there').toBe(true)
    expect(readmeNames(read('README.md'))).toEqual(schema)
  })

  it('are those that the templates set, once there are templates', async () => {
    const texts = await templates()
    expect(templateNames(texts)).toEqual(texts.length === 0 ? [] : deployed)
  })
})

describe('the comparison', () => {
  const [first = '', ...others] = schema

  it('misses a setting that the sample lacks', () => {
    const sample = JSON.parse(read('local.settings.sample.json'))
    delete sample.Values[first]
    expect(sampleNames(JSON.stringify(sample))).toEqual(others)
  })

  it('sees only rows of the table in the README', () => {
    const text = `Set \`${first}\` well.\n\n| setting | what |\n|---|---|\n${others.map((name) => `| \`${name}\` | … |`).join('\n')}\n`
    expect(readmeNames(text)).toEqual(others)
  })

  it('sees the names in a template, by object or by list', () => {
    expect(templateNames([`settings: { ${first}: a }`, "{ name: 'COUNTERSIGN_OTHER', value: b }"])).toEqual(
      [first, 'COUNTERSIGN_OTHER'].sort(),
    )
  })
})
