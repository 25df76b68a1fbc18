import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { projectRoot } from '../../infra/local/stack/local-folder.ts'
import { unmeasured } from './budgets.ts'
import { type BenchName, benches, benchNames, fromSource, isBenchName } from './catalogue.ts'
import type { Measurement } from './measurement.ts'
import { writePage } from './performance-page.ts'
import { describeMeasurements } from './report.ts'
import { openWorker } from './worker-bundle.ts'

const usage = `usage: npm run bench [-- NAME…] [--quick] [--json] [--rows N] [--write-docs]

  NAME          ${benchNames.map((name) => `${name}: ${benches[name]}`).join('\n                ')}
                all of them where none is named
  --quick       fewer rounds and calls: all within a minute, but for audit, which has to be named
  --json        one {bench, case, value, unit, peer?, ratio?} a line
  --rows N      rows that the verifier streams
  --write-docs  puts the figures of a whole run into docs/performance.md
`

const options = {
  quick: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  rows: { type: 'string' },
  'write-docs': { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const

/** A bench that hangs is one that cannot run. */
const longestMs = 3_600_000

/** What Node has to run for a bench, before the bench's name. */
type CommandOf = (name: BenchName) => Promise<readonly string[]>

const workerOf: CommandOf = async (name) =>
  fromSource.has(name)
    ? ['--import', import.meta.resolve('tsx'), join(projectRoot, 'test/bench/worker.ts')]
    : [await openWorker()]

interface Asked {
  readonly values: ReturnType<typeof parseOptions>['values']
  readonly names: readonly BenchName[]
}

/**
 * Runs the benches that are named, each in a process of its own. Exit code 0 where every one of them could be measured, 1 where
 * one could not, 64 where the command was not understood.
 */
export async function runBenches(args: readonly string[], commandOf: CommandOf = workerOf): Promise<number> {
  const asked = parse(args)
  if (asked === null) {
    process.stderr.write(usage)
    return 64
  }
  if (asked.values.help) {
    process.stdout.write(usage)
    return 0
  }
  const { measured, missing } = await measureAll(asked, commandOf)
  if (!asked.values.json) process.stdout.write(describeMeasurements(measured))
  if (missing.length > 0) process.stderr.write(`bench: could not be measured: ${missing.join(', ')}\n`)
  else if (asked.values['write-docs']) await writePage(measured)
  return missing.length > 0 ? 1 : 0
}

/** A bench that fails does not keep the others from being measured. */
async function measureAll(asked: Asked, commandOf: CommandOf) {
  const measured: Measurement[] = []
  const missing: string[] = []
  for (const name of asked.names) {
    const figures = await measure(await commandOf(name), name, asked)
    if (figures === null) missing.push(name)
    else measured.push(...figures)
  }
  if (isWhole(asked) && missing.length === 0) missing.push(...unmeasured(measured))
  return { measured, missing }
}

/** Every bench and every case: a quick run leaves some cases out. */
function isWhole({ names, values }: Asked): boolean {
  return names.length === benchNames.length && !values.quick
}

/** Null where a name, an option or their combination is none: the page takes a whole run. */
function parse(args: readonly string[]): Asked | null {
  try {
    const { values, positionals } = parseOptions(args)
    const names = positionals.length === 0 ? unnamed(values.quick) : positionals.filter(isBenchName)
    const asked = { values, names: benchNames.filter((name) => names.includes(name)) }
    const isWrong = names.length < positionals.length || !isCount(values.rows)
    return isWrong || (values['write-docs'] && !isWhole(asked)) ? null : asked
  } catch {
    return null
  }
}

/** A quick look leaves out the comparison with other designs of a book, which takes a minute by itself. */
function unnamed(isQuick: boolean): readonly BenchName[] {
  return isQuick ? benchNames.filter((name) => name !== 'audit') : benchNames
}

function parseOptions(args: readonly string[]) {
  return parseArgs({ args: [...args], options, allowPositionals: true })
}

function isCount(rows: string | undefined): boolean {
  return rows === undefined || /^[1-9]\d{0,8}$/.test(rows)
}

/** The figures of one bench, printed as they come where lines are asked for; null where it failed, which it has said. */
async function measure(
  worker: readonly string[],
  name: BenchName,
  { values }: Asked,
): Promise<readonly Measurement[] | null> {
  const flags = [...(values.quick ? ['--quick'] : []), ...(values.rows === undefined ? [] : ['--rows', values.rows])]
  const child = spawn(process.execPath, ['--expose-gc', ...worker, name, ...flags], {
    cwd: projectRoot,
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: longestMs,
  })
  const ended = once(child, 'exit')
  const figures: Measurement[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    figures.push(JSON.parse(line) as Measurement)
    if (values.json) process.stdout.write(`${line}\n`)
  }
  const [code] = await ended
  return code === 0 && figures.length > 0 ? figures : null
}
