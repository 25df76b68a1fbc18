import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { projectRoot } from '../../infra/local/stack/local-folder.ts'
import { type BenchName, benches, benchNames, fromSource, isBenchName } from './catalogue.ts'
import type { Measurement } from './measurement.ts'
import { writePage } from './performance-page.ts'
import { describeMeasurements } from './report.ts'
import { openWorker } from './worker-bundle.ts'

const usage = `usage: npm run bench [-- NAME…] [--quick] [--json] [--rows N] [--write-docs]

  NAME          ${benchNames.map((name) => `${name}: ${benches[name]}`).join('\n                ')}
                all of them where none is named
  --quick       fewer rounds and calls: all within a minute
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

const ownWorker = ['--import', import.meta.resolve('tsx'), join(projectRoot, 'test/bench/worker.ts')]

type Asked = NonNullable<ReturnType<typeof parse>>

/**
 * Runs the benches that are named, each in a process of its own. Exit code 0 where every one of them could be measured, 1 where
 * one could not, 64 where the command was not understood.
 */
export async function runBenches(args: readonly string[]): Promise<number> {
  const asked = parse(args)
  if (asked === null) {
    process.stderr.write(usage)
    return 64
  }
  if (asked.values.help) {
    process.stdout.write(usage)
    return 0
  }
  const built = await openWorker()
  const measured: Measurement[] = []
  const failed: BenchName[] = []
  for (const name of asked.names) {
    const figures = await measure(fromSource.has(name) ? ownWorker : [built], name, asked)
    if (figures === null) failed.push(name)
    else measured.push(...figures)
  }
  if (!asked.values.json) process.stdout.write(describeMeasurements(measured))
  if (failed.length > 0) process.stderr.write(`bench: could not be measured: ${failed.join(', ')}\n`)
  else if (asked.values['write-docs']) await writePage(measured, { quick: asked.values.quick })
  return failed.length > 0 ? 1 : 0
}

/** Null where a name, an option or their combination is none: a page needs the figures of all. */
function parse(args: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true })
    const names = positionals.length === 0 ? benchNames : positionals.filter(isBenchName)
    const isWhole = names.length === benchNames.length
    const isWrong = names.length < positionals.length || !isCount(values.rows) || (values['write-docs'] && !isWhole)
    return isWrong ? null : { values, names: benchNames.filter((name) => names.includes(name)) }
  } catch {
    return null
  }
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
