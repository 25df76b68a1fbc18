// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how azd writes it
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { repository } from '../../infra/build/check.ts'
import { parseSettings, settingsSchema } from '../../shared/config/settings.ts'
import { infra, planMain, variants } from '../support/bicep/deployments.ts'
import { inside, ofType } from '../support/bicep/invariants.ts'
import { kindsOfShape } from '../support/bicep/kinds.ts'

const read = (path: string) => (existsSync(join(repository, path)) ? readFileSync(join(repository, path), 'utf8') : '')
const main = infra.get('infra/main.bicep')
const file: { readonly parameters: Readonly<Record<string, { readonly value: string }>> } = JSON.parse(
  read('infra/main.parameters.json'),
)
const given = Object.entries(file.parameters)
const variablesIn = (text: string) => [...text.matchAll(/\$\{(\w+)(?:=[^}]*)?\}/g)].map(([, name = '']) => name)
/** Azure gives these two a value of its own at each deployment. */
const ofTheMoment = new Set(['month', 'firstSeed', 'secondSeed'])

describe('the parameters (of the main file and azd)', () => {
  it('are those of the main file, and each is set by one variable', () => {
    const declared = main?.parameters.map(({ name }) => name) ?? []
    expect(declared.length).toBeGreaterThan(30)
    expect(given.map(([name]) => name).filter((name) => !declared.includes(name))).toEqual([])
    expect(given.filter(([, { value }]) => variablesIn(String(value)).length !== 1)).toEqual([])
  })

  it('have a default or a variable each', () => {
    const set = new Set(given.map(([name]) => name))
    const missing = main?.parameters.filter(({ name, initial }) => initial === null && !set.has(name))
    expect(missing?.map(({ name }) => name)).toEqual([])
  })

  it('can all be chosen, but those of the moment', () => {
    const set = new Set(given.map(([name]) => name))
    const hidden = main?.parameters.filter(({ name }) => !set.has(name)).map(({ name }) => name) ?? []
    expect(hidden.filter((name) => !ofTheMoment.has(name))).toEqual([])
  })

  it('are never set by one variable twice', () => {
    const names = given.flatMap(([, { value }]) => variablesIn(value))
    expect(names.filter((name, index) => names.indexOf(name) < index)).toEqual([])
  })

  it('are documented by the names of their variables', () => {
    const documents = read('docs/deploying.md') + read('README.md')
    const names = given.flatMap(([, { value }]) => variablesIn(value))
    expect(names.filter((name) => !documents.includes(`\`${name}\``))).toEqual([])
  })

  it('come back by the outputs as they were, or are made anew', () => {
    const outputs = main?.outputs.map(({ name }) => name) ?? []
    for (const name of [
      'AZURE_RESOURCE_GROUP',
      'COUNTERSIGN_PUBLIC_URL',
      'COUNTERSIGN_CLIENT_ID',
      'COUNTERSIGN_KEY_VAULT_URL',
    ]) {
      expect(outputs).toContain(name)
    }
    const odd = main?.outputs.filter(({ shape }) => JSON.stringify(kindsOfShape(shape, main)) !== '["string"]') ?? []
    expect(odd.map(({ name }) => name)).toEqual([])
  })
})

describe('the settings that a deployment writes (worked out offline)', () => {
  const cases = Object.entries(variants).flatMap(([name, params]) => {
    const deployed = planMain(infra, params)
    return ofType(deployed, 'Microsoft.Web/sites/config').map((one) => {
      const settings = inside(one, 'properties') as Readonly<Record<string, string>>
      return [name, String(settings.COUNTERSIGN_APP), settings] as const
    })
  })

  it('are there for both apps', () => {
    expect(cases.map(([, app]) => app).sort()).toEqual([
      'evidence',
      'evidence',
      'evidence',
      'gateway',
      'gateway',
      'gateway',
    ])
  })

  it.each(cases)('are every setting of the schema and no other: %s, %s', (_name, _app, settings) => {
    const ours = Object.keys(settings).filter((name) => name.startsWith('COUNTERSIGN_'))
    expect(ours.sort()).toEqual(Object.keys(settingsSchema.shape).sort())
  })

  it.each(cases)('are texts that the app starts with: %s, %s', (_name, app, settings) => {
    expect(Object.entries(settings).filter(([, value]) => typeof value !== 'string')).toEqual([])
    const parsed = parseSettings({ ...settings, WEBSITE_SITE_NAME: 'x' })
    expect(parsed.COUNTERSIGN_APP).toBe(app)
    expect(parsed.COUNTERSIGN_MODE).toBe('production')
    expect(parsed.COUNTERSIGN_RETENTION_DAYS).toBe(400)
  })

  it.each(cases)('give the host its storage by identity, with no key: %s, %s', (_name, _app, settings) => {
    const names = Object.keys(settings).filter((name) => name.startsWith('AzureWebJobsStorage'))
    expect(names).toContain('AzureWebJobsStorage__blobServiceUri')
    expect(names).not.toContain('AzureWebJobsStorage')
    expect(settings.AzureWebJobsStorage__credential).toBe('managedidentity')
    expect(settings.AzureWebJobsStorage__clientId).toBe(settings.COUNTERSIGN_MANAGED_IDENTITY_CLIENT_ID)
    expect(settings.APPLICATIONINSIGHTS_AUTHENTICATION_STRING).toContain('Authorization=AAD')
  })

  it('keep gateway, sealer and verifier apart', () => {
    for (const name of Object.keys(variants)) {
      const [gateway, evidence] = ['gateway', 'evidence'].map(
        (app) => cases.find(([of, one]) => of === name && one === app)?.[2],
      )
      expect([gateway?.COUNTERSIGN_SEALER_CLIENT_ID, gateway?.COUNTERSIGN_VERIFIER_CLIENT_ID]).toEqual(['', ''])
      const ids = [
        gateway?.COUNTERSIGN_MANAGED_IDENTITY_CLIENT_ID,
        evidence?.COUNTERSIGN_SEALER_CLIENT_ID,
        evidence?.COUNTERSIGN_VERIFIER_CLIENT_ID,
      ]
      expect(new Set(ids).size).toBe(3)
    }
  })
})
