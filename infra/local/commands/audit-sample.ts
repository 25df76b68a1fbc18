import { type ParseArgsConfig, parseArgs } from 'node:util'
import type { Evidence } from '../../../shared/audit/evidence-source.ts'
import { drawSample, type Sample, type SampleOrder } from '../../../shared/audit/sample.ts'
import { findSite, nowhere } from '../../operate/site.ts'
import { readMoment } from '../bundle/moment.ts'
import { openRunningEvidence } from '../bundle/running-evidence.ts'

const usage =
  'usage: npm run --silent audit:sample -- --size 25 --seed N [--from TIME] [--to TIME] [--json]\n(TIME: 2026-11-22 or 2026-11-22T10:00:00Z, in UTC; a day as --to means its end)\n'
const options = {
  size: { type: 'string' },
  seed: { type: 'string' },
  from: { type: 'string', default: '1970-01-01' },
  to: { type: 'string', default: '9999-12-31' },
  json: { type: 'boolean' },
} satisfies ParseArgsConfig['options']
const maxSize = 10_000

/** `npm run audit:sample`: a sample of decisions that the same seed draws again. Exit code 0; 1 where a proof fails; 3; 64. */
export async function run(args: readonly string[]): Promise<number> {
  const order = readOrder(args)
  if (order === null) return fail(usage, 64)
  const site = findSite()
  if (site === null) return fail(nowhere, 3)
  try {
    const evidence = await openRunningEvidence(site)
    const bounded = { ...order, to: earlier(order.to, evidence.book.time ?? order.to) }
    const sample = await drawSample(evidence, bounded)
    process.stdout.write((args.includes('--json') ? asJson : asText)(evidence, bounded, sample))
    return sample.drawn.some(({ rows }) => rows.some(({ proof }) => proof === 'fails')) ? 1 : 0
  } catch (error) {
    return fail(`nothing was drawn: ${error instanceof Error ? error.message : 'failed'}\n`, 3)
  }
}

function readOrder(args: readonly string[]): SampleOrder | null {
  try {
    const { values } = parseArgs({ args: [...args], options })
    const [from, to] = [readMoment(values.from, 'begin'), readMoment(values.to, 'end')]
    const { size = '', seed = '' } = values
    const isGood = /^[1-9]\d{0,4}$/.test(size) && Number(size) <= maxSize && /^[!-~]{1,64}$/.test(seed)
    return isGood && from !== null && to !== null && from <= to ? { size: Number(size), seed, from, to } : null
  } catch {
    return null
  }
}

function asJson({ book, origin }: Evidence, order: SampleOrder, { population, drawn }: Sample): string {
  const { size, root } = book.checkpoint
  const anchoredUpTo = { size, root: Buffer.from(root).toString('hex'), time: book.time }
  return `${JSON.stringify({ origin, anchoredUpTo, ...order, population, drawn })}\n`
}

function asText({ book, origin }: Evidence, order: SampleOrder, { population, drawn }: Sample): string {
  const lines = [
    `${drawn.length} of ${population} decisions in ${origin}, ${order.from} to ${order.to}, anchored up to record ${book.checkpoint.size}.`,
    `Drawn by seed ${order.seed}: the lowest SHA-256 of seed, newline and decision id. The same seed and times draw them again.`,
    ...drawn.flatMap(({ decisionId, rank, rows }) => [
      '',
      `${decisionId}  (rank ${rank.slice(0, 16)}…)`,
      ...rows.flatMap(({ kind, place, proof, row }) => [
        `  ${kind} at ${place.lane} ${place.seq} (segment ${place.segment}), proof ${proof}`,
        `  ${JSON.stringify(row)}`,
      ]),
    ]),
  ]
  return `${lines.join('\n')}\n`
}

function earlier(a: string, b: string): string {
  return a < b ? a : b
}

function fail(message: string, code: number): number {
  process.stderr.write(message)
  return code
}
