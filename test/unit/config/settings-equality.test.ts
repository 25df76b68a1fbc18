import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { settingsSchema } from '../../../shared/config/settings.ts'
import { readInfra, readTexts } from '../../support/bicep/templates.ts'
import { readmeNames, sampleNames, templateNames } from '../../support/settings-lists.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const schema = Object.keys(settingsSchema.shape).sort()
const read = (file: string) => readFileSync(join(root, file), 'utf8')

describe('the settings', () => {
  it('are those of the sample file', () => {
    expect(sampleNames(read('local.settings.sample.json'))).toEqual(schema)
  })

  it("are those of the README's table", () => {
    expect(existsSync(join(root, 'README.md')), 'README.md is there').toBe(true)
    expect(readmeNames(read('README.md'))).toEqual(schema)
  })

  it('are those that the templates write, all of them, since Azure keeps no other', () => {
    expect(templateNames(readInfra())).toEqual(schema)
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

  it('sees only what a template writes as the settings of an app', () => {
    const text = `output COUNTERSIGN_NO_SETTING string = 'COUNTERSIGN_NEITHER'
resource settings 'Microsoft.Web/sites/config@2024-11-01' = {
  name: 'appsettings'
  properties: {
    // COUNTERSIGN_COMMENT: it is
    ${first}: 'a'
    AzureWebJobsStorage__credential: 'managedidentity'
  }
}
`
    expect(templateNames(readTexts({ 'infra/a.bicep': text }))).toEqual([first])
  })
})
