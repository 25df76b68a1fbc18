import { existsSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { repository } from '../../infra/build/check.ts'
import { readYaml, withoutRemote } from '../support/azure-yaml.ts'
import { infra, planMain, variants } from '../support/bicep/deployments.ts'
import { inside, ofType } from '../support/bicep/invariants.ts'
import { faultsOf } from '../support/specs/schema-judge.ts'
import { judgedBy } from '../support/specs/sources.ts'

interface Hook {
  readonly run: string
  readonly kind?: string
  readonly dir?: string
}

interface Service {
  readonly project: string
  readonly host: string
  readonly remoteBuild?: boolean
}

interface Project {
  readonly requiredVersions: { readonly azd: string }
  readonly infra: { readonly provider: string; readonly path: string; readonly module: string }
  readonly services: Readonly<Record<string, Service>>
  readonly hooks: Readonly<Record<string, Hook | readonly Hook[]>>
  readonly pipeline: { readonly variables?: readonly string[]; readonly secrets?: readonly string[] }
}

const text = readFileSync(join(repository, 'azure.yaml'), 'utf8')
const read = await readYaml(text)
const project = read as unknown as Project
const schema = 'azure.yaml.schema.json'
const published = async () => JSON.parse(await readFile(join(process.env.SPECS_DIR ?? '', schema), 'utf8'))
const hooks = Object.values(project.hooks).flat() as readonly Hook[]

async function judge(value: unknown): Promise<readonly string[]> {
  return faultsOf(withoutRemote(await published()) as Parameters<typeof faultsOf>[0], value)
}

interface Named {
  readonly properties?: Readonly<Record<string, Named>>
  readonly additionalProperties?: Named
}

/** Names at the top, in infra, in a service and in pipeline that the schema does not have. */
function strangers({ properties = {} }: Named, value: object): readonly string[] {
  const given = value as Project
  const service = properties.services?.additionalProperties
  const places: readonly (readonly [object, Named | undefined])[] = [
    [given, { properties }],
    [given.infra, properties.infra],
    ...Object.values(given.services).map((one) => [one, service] as const),
    [given.pipeline, properties.pipeline],
  ]
  return places.flatMap(([one, known]) =>
    Object.keys(one).filter((name) => !Object.hasOwn(known?.properties ?? {}, name)),
  )
}

describe('azure.yaml (judged by its schema; azd is not run)', () => {
  judgedBy(schema)('is as its schema says', async () => {
    expect(await judge(read)).toEqual([])
  })

  judgedBy(schema)('has no member that the schema does not name, where the schema itself lets any pass', async () => {
    expect(strangers(await published(), read)).toEqual([])
    const misspelt = { ...read, servces: {}, infra: { ...project.infra, modul: 'x' } }
    expect(strangers(await published(), misspelt)).toEqual(['servces', 'modul'])
  })

  const wrong: readonly (readonly [string, string, string])[] = [
    ['a hook of another name', 'postdeploy:', 'postdeployed:'],
    ['a project without a name', 'name: countersign\n', ''],
    ['a service without a host', '    host: function\n', ''],
    ['a version that is no text', "azd: '>= 1.24.0'", 'azd: [1]'],
  ]
  for (const [what, from, to] of wrong) {
    judgedBy(schema)(`would not pass with ${what}`, async () => {
      expect(text).toContain(from)
      expect(await judge(await readYaml(text.replace(from, to)))).not.toEqual([])
    })
  }

  it('names templates, hooks and folders that are there', () => {
    const { path, module } = project.infra
    expect(infra.has(`${path}/${module}.bicep`)).toBe(true)
    expect(hooks.length).toBeGreaterThanOrEqual(4)
    expect(hooks.filter(({ run, dir = '.' }) => !existsSync(join(repository, dir, run))).map(({ run }) => run)).toEqual(
      [],
    )
  })

  it('checks before, examines after, and says at the end what stays', () => {
    expect(Object.keys(project.hooks)).toEqual(expect.arrayContaining(['preprovision', 'postdeploy', 'predown']))
  })

  it('has hooks that are the same on every system', () => {
    expect(hooks.filter(({ run, kind }) => !(run.endsWith('.ts') && kind === 'ts'))).toEqual([])
  })

  it('deploys two apps from the one folder that `npm run package` makes, and builds nothing in Azure', () => {
    expect(Object.keys(project.services).sort()).toEqual(['evidence', 'gateway'])
    for (const { project: folder, host, remoteBuild } of Object.values(project.services)) {
      expect([folder, host, remoteBuild]).toEqual(['.cache/package', 'function', false])
    }
  })

  it('finds each app by its tag', () => {
    const sites = ofType(planMain(infra, variants['the least'] ?? {}), 'Microsoft.Web/sites')
    expect(sites.map((site) => inside(site, 'tags.azd-service-name')).sort()).toEqual(
      Object.keys(project.services).sort(),
    )
  })

  it('passes only variables to the pipeline that a parameter takes, and no secret', () => {
    const parameters = readFileSync(join(repository, 'infra/main.parameters.json'), 'utf8')
    const { variables = [], secrets = [] } = project.pipeline
    expect(variables.filter((name) => !parameters.includes(`\${${name}`))).toEqual([])
    expect(secrets).toEqual([])
  })

  it('needs an azd that packs such a folder', () => {
    expect(project.requiredVersions.azd).toMatch(/^>= 1\.(2[3-9]|[3-9]\d)\.\d+$/)
  })
})
