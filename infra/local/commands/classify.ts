import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { parseClassification } from '../../../shared/masking/classification-file.ts'
import { purviewClassifications, readPurview } from '../../../shared/masking/import-purview.ts'
import { type Finding, type Imported, labelFindings } from '../../../shared/masking/import-rows.ts'
import { readSqlSensitivity, sqlInformationTypes } from '../../../shared/masking/import-sql-sensitivity.ts'
import { readUnityTags, unityTags } from '../../../shared/masking/import-unity-tags.ts'
import { builtInLabels, ruleFor, stricter } from '../../../shared/masking/labels.ts'

const usage = `usage: npm run classify -- import --from unity-tags|sql-sensitivity|purview FILE [--map MAP.json] [--backend NAME]
       npm run classify -- lint FILE

  import    prints a classification file made of an export (JSON or CSV), for a person to read and merge;
            MAP.json says which label a word of the source means, over what is built in: {"word": "label"}.
            What has no label is listed, is not in the file, and makes the exit code 1
  lint      reads a classification file; anything wrong with it makes the exit code 1
`

interface Source {
  readonly read: (text: string) => readonly Finding[]
  readonly map: Readonly<Record<string, string>>
}

const sources: Readonly<Record<string, Source>> = {
  'unity-tags': { read: readUnityTags, map: unityTags },
  'sql-sensitivity': { read: readSqlSensitivity, map: sqlInformationTypes },
  purview: { read: readPurview, map: purviewClassifications },
}

/** `npm run classify`: exit code 0 where all is well, 1 where something is left to decide or wrong, 64 for a misuse. */
export async function run(args: readonly string[]): Promise<number> {
  try {
    return await perform(args)
  } catch (error) {
    process.stderr.write(`classify: ${error instanceof Error ? error.message : String(error)}\n`)
    return 1
  }
}

async function perform(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { from: { type: 'string' }, map: { type: 'string' }, backend: { type: 'string', default: '*' } },
    allowPositionals: true,
  })
  const [command, file, ...more] = positionals
  if (file === undefined || more.length > 0) return misuse()
  if (command === 'lint') return await lint(file)
  const source = Object.hasOwn(sources, values.from ?? '') ? sources[values.from ?? ''] : undefined
  return command === 'import' && source !== undefined ? await importFile(file, source, values) : misuse()
}

async function importFile(
  file: string,
  { read, map }: Source,
  { map: own, backend }: { readonly map?: string; readonly backend: string },
): Promise<number> {
  const words = { ...map, ...(own === undefined ? {} : readMap(await readFile(own, 'utf8'))) }
  return print(labelFindings(read(await readFile(file, 'utf8')), words, stricterLabel), backend)
}

function misuse(): number {
  process.stderr.write(usage)
  return 64
}

async function lint(file: string): Promise<number> {
  const { backends, labels } = parseClassification(await readFile(file, 'utf8'))
  const entries = Object.values(backends).reduce((sum, one) => sum + Object.keys(one).length, 0)
  process.stdout.write(`${entries} entries and ${Object.keys(labels).length} labels are well\n`)
  return 0
}

function print({ columns, unknown }: Imported, backend: string): number {
  const text = JSON.stringify({ form: 'countersign-classification/1', backends: { [backend]: { columns } } }, null, 2)
  parseClassification(text)
  process.stdout.write(`${text}\n`)
  for (const { column, says } of unknown)
    process.stderr.write(`unknown: ${column || '(no column)'} is ${says || '(nothing)'}\n`)
  return unknown.length === 0 ? 0 : 1
}

function readMap(text: string): Record<string, string> {
  const map = z.record(z.string(), z.string()).parse(JSON.parse(text))
  return Object.fromEntries(Object.entries(map).map(([word, label]) => [word.trim().toLowerCase(), label]))
}

function stricterLabel(a: string, b: string): string {
  const [first, second] = [ruleFor(a, builtInLabels).strategy, ruleFor(b, builtInLabels).strategy]
  return stricter(first, second) === first ? a : b
}
