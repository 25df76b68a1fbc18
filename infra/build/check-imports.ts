/**
 * `npm run check:imports`: applies the import rules of .dependency-cruiser.cjs, and looks in pure files for globals that
 * no import rule can see (clock, chance, process, network). Fails where it saw too few modules or an edge that is gone.
 */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { type Finding, repository, runAsProgram, tooFew } from './check.ts'
import { findEnvironment, findImpurity } from './check-purity.ts'
import { readSources, type Source } from './sources.ts'

/** Well below what there is, well above what a wrong folder would show. */
const floor = 150

const folders = ['functions', 'shared'] as const
const outer = /^shared\/((app[a-z-]*|serve)\.ts|http\/|console\/|config\/environment\.ts)/

const edges = z.array(z.object({ technology: z.string(), files: z.array(z.string()).min(1) }))

const cruised = z.object({
  modules: z.array(z.object({ source: z.string() })),
  summary: z.object({
    violations: z.array(
      z.object({
        from: z.string(),
        to: z.string(),
        rule: z.object({ name: z.string(), severity: z.string() }),
        cycle: z.array(z.object({ name: z.string() })).optional(),
      }),
    ),
  }),
})

type Cruised = z.output<typeof cruised>

/** Checks the repository at `root`. */
export async function checkImports(root = repository): Promise<Finding> {
  const edgeFiles = edges
    .parse(JSON.parse(await readFile(join(root, 'infra/build/edges.json'), 'utf8')))
    .flatMap(({ files }) => files)
  const [{ modules, summary }, sources] = await Promise.all([cruise(root), readSources(root, folders)])
  const own = modules.filter(({ source }) => /^(functions|shared)\//.test(source))
  const pure = sources.filter(({ path }) => isPure(path, edgeFiles))
  return {
    summary: `imports: ${own.length} modules, ${pure.length} of them pure, ${edgeFiles.length} edges`,
    violations: [
      ...tooFew('modules', own.length, floor),
      ...edgeFiles.filter((file) => !existsSync(join(root, file))).map((file) => `infra/build/edges.json: no ${file}`),
      ...summary.violations.map(describe),
      ...pure.flatMap(findImpurity),
      ...sources.filter(({ path }) => !path.startsWith('shared/config/')).flatMap(findEnvironment),
      ...unparsed(sources, own),
    ],
  }
}

function isPure(path: string, edgeFiles: readonly string[]): boolean {
  return path.startsWith('shared/') && !edgeFiles.includes(path) && !outer.test(path)
}

/** A file that the one reader sees and the other does not would escape half of the rules. */
function unparsed(sources: readonly Source[], own: readonly { readonly source: string }[]): readonly string[] {
  const known = new Set(own.map(({ source }) => source))
  return sources.filter(({ path }) => !known.has(path)).map(({ path }) => `${path} was not seen by dependency-cruiser`)
}

function describe({ rule, from, to, cycle = [] }: Cruised['summary']['violations'][number]): string {
  const way = cycle.length > 0 ? cycle.map(({ name }) => name).join(' → ') : to
  return `${rule.name}: ${from} → ${way}`
}

/** The command rather than the API: it alone reads its configuration and tsconfig.json from the folder it runs in. */
async function cruise(root: string): Promise<Cruised> {
  const command = join(repository, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs')
  const args = [command, '--config', '.dependency-cruiser.cjs', '--output-type', 'json', ...folders]
  return cruised.parse(JSON.parse(await runNode(root, args)))
}

/** The exit code is the number of violations, so only an empty answer is a failure of the command itself. */
function runNode(cwd: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [...args], { cwd, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) =>
      stdout === ''
        ? reject(new Error(`dependency-cruiser did not answer: ${stderr}`, { cause: error }))
        : resolve(stdout),
    )
  })
}

await runAsProgram(import.meta.url, checkImports)
