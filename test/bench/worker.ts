/** The process of one bench: `worker NAME [--quick] [--rows N]`; one measurement a line on standard output. */
import { parseArgs } from 'node:util'
import { isMainThread } from 'node:worker_threads'
import { isBenchName, loadBench } from './catalogue.ts'

async function serveProcess(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { quick: { type: 'boolean', default: false }, rows: { type: 'string' } },
    allowPositionals: true,
  })
  const [bench = ''] = positionals
  if (!isBenchName(bench)) throw new Error(`there is no bench ${bench}`)
  const run = await loadBench(bench)
  const rows = values.rows === undefined ? undefined : Number(values.rows)
  // Whatever a library says must not stand between the figures.
  const print = process.stdout.write.bind(process.stdout)
  process.stdout.write = process.stderr.write.bind(process.stderr) as typeof process.stdout.write
  const figures = await run({ quick: values.quick, rows })
  print(figures.map((figure) => `${JSON.stringify({ bench, ...figure })}\n`).join(''), () => process.exit())
}

if (isMainThread) await serveProcess()
else await (await import('./verify-thread.ts')).serveThread()
