import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { root } from '../../../infra/build/build.ts'

interface Step {
  readonly uses?: string
  readonly run?: string
  readonly script?: string
  readonly task?: string
  readonly with?: Readonly<Record<string, unknown>>
  readonly inputs?: Readonly<Record<string, unknown>>
}
interface Job {
  readonly permissions?: Readonly<Record<string, string>>
  readonly environment?: string
  readonly env?: Readonly<Record<string, string>>
  readonly steps: readonly Step[]
}
interface Workflow {
  readonly on: Readonly<Record<string, unknown>>
  readonly permissions: Readonly<Record<string, string>>
  readonly jobs: Readonly<Record<string, Job>>
}

const textOf = (path: string) => readFileSync(join(root, path), 'utf8')
const github = (name: string) => parse(textOf(`.github/workflows/${name}.yml`)) as Workflow
const devops = (name: string) => parse(textOf(`.azdo/${name}.yml`)) as { readonly steps: readonly Step[] }
const project = parse(textOf('azure.yaml')) as {
  services: Readonly<Record<string, { project: string; host: string; remoteBuild: boolean }>>
  hooks: Readonly<Record<string, { run: string; kind: string }>>
  pipeline: { variables: readonly string[]; secrets?: unknown }
}
const files = ['.github/workflows/infra.yml', '.github/workflows/deploy.yml', '.azdo/infra.yml', '.azdo/deploy.yml']
const workflows = ['infra', 'deploy'].map((name) => [name, github(name)] as const)

describe('a pipeline', () => {
  it.each(files)('%s signs in by a federated credential, and names no secret', (file) => {
    const text = textOf(file)
    expect(text).toMatch(/--federated-credential-provider github|workload identity federation/)
    expect(text).not.toMatch(/secrets\.|client-secret|password|AZURE_CREDENTIALS|issecret|System\.AccessToken/i)
  })

  it.each(files)('%s keeps no credential of the repository in the working folder', (file) => {
    const of = file.startsWith('.github')
      ? Object.values((parse(textOf(file)) as Workflow).jobs)
      : [parse(textOf(file)) as Job]
    for (const { steps } of of) {
      const checkout = steps.find((step) => step.uses?.startsWith('actions/checkout') || 'checkout' in step)
      const kept = { ...checkout?.with, ...checkout } as Readonly<Record<string, unknown>>
      expect(kept['persist-credentials'] ?? kept.persistCredentials).toBe(false)
    }
  })

  it.each(workflows)('%s has no right but those that a job names', (_name, { permissions, jobs }) => {
    expect(permissions).toEqual({})
    for (const { permissions: own = {} } of Object.values(jobs)) {
      const { contents, 'id-token': token, ...more } = own
      expect([contents, more]).toEqual(['read', {}])
      expect(['write', undefined]).toContain(token)
    }
  })

  it.each(workflows)('%s asks for a token of its own only where it signs in, in an environment', (_name, { jobs }) => {
    for (const { permissions = {}, environment, steps } of Object.values(jobs)) {
      const signsIn = steps.some(({ run }) => run?.includes('azd auth login'))
      expect([permissions['id-token'], environment !== undefined]).toEqual([signsIn ? 'write' : undefined, signsIn])
    }
  })

  it.each(workflows)('%s pins what it uses: by digest, or by a major version of Microsoft’s own', (_name, { jobs }) => {
    const used = Object.values(jobs).flatMap(({ steps }) => steps.flatMap(({ uses }) => uses ?? []))
    expect(used.filter((one) => !/@[0-9a-f]{40}$/.test(one) && !/^Azure\/[a-z-]+@v\d+$/.test(one))).toEqual([])
  })

  it.each(workflows)('%s puts nothing that a stranger can write into a script', (_name, { on, jobs }) => {
    expect(Object.keys(on)).not.toContain('pull_request_target')
    const scripts = Object.values(jobs).flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []))
    expect(scripts.filter((script) => script.includes('${{'))).toEqual([])
  })

  it('of a pull request looks, and the other one deploys', () => {
    for (const [name, deploys] of [
      ['infra', false],
      ['deploy', true],
    ] as const) {
      const ofGithub = Object.values(github(name).jobs).flatMap(({ steps }) => steps.map(({ run }) => run ?? ''))
      const ofDevops = devops(name).steps.map(({ inputs, script }) => `${inputs?.inlineScript ?? ''}${script ?? ''}`)
      for (const all of [ofGithub.join('\n'), ofDevops.join('\n')]) {
        expect([/azd up/.test(all), /azd provision(?! --preview)/.test(all)]).toEqual([deploys, false])
        expect(/azd provision --preview/.test(all)).toBe(!deploys)
        expect(/npm test/.test(all)).toBe(deploys)
      }
    }
    expect(Object.keys(github('deploy').on)).not.toContain('pull_request')
  })
})

describe('the values of a deployment', () => {
  const { parameters } = JSON.parse(textOf('infra/main.parameters.json')) as {
    parameters: Record<string, { value: string }>
  }
  const wanted = [...JSON.stringify(parameters).matchAll(/\$\{(\w+)/g)].map(([, name = '']) => name)
  const byAzd = ['AZURE_ENV_NAME', 'AZURE_LOCATION', 'AZURE_SUBSCRIPTION_ID', 'AZURE_TENANT_ID']

  it('that Bicep takes are those that azd gives a pipeline, none of them as a secret', () => {
    expect([...project.pipeline.variables].sort()).toEqual(wanted.filter((name) => !byAzd.includes(name)).sort())
    expect(project.pipeline.secrets).toBeUndefined()
  })

  it.each([
    ['deploy', 'deploy'],
    ['infra', 'what-if'],
  ])('reach the workflow %s', (name, job) => {
    const { AZURE_CLIENT_ID: client, ...env } = github(name).jobs[job]?.env ?? {}
    expect(Object.keys(env).sort()).toEqual([...new Set([...byAzd, ...wanted])].sort())
    const named = Object.entries({ ...env, AZURE_CLIENT_ID: client })
    expect(named.filter(([key, value]) => value !== `\${{ vars.${key} }}`)).toEqual([])
  })
})

describe('azd’s project', () => {
  it('uploads the folder of the package for both apps, and has nothing built in Azure', () => {
    expect(Object.keys(project.services)).toEqual(['gateway', 'evidence'])
    for (const service of Object.values(project.services)) {
      expect(service).toMatchObject({ project: '.cache/package', host: 'function', remoteBuild: false })
    }
  })

  it('has hooks that are files of TypeScript, which are there', () => {
    const hooks = Object.values(project.hooks)
    expect(hooks.filter(({ run, kind }) => kind !== 'ts' || !existsSync(join(root, run)))).toEqual([])
    expect(project.hooks.prepackage).toEqual(project.hooks.predeploy)
  })
})
