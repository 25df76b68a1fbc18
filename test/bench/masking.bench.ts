/**
 * Masking rows of ten columns, each case in turns with JSON.stringify of the same rows, which an answer costs anyway: what
 * masking adds is seen as a share of that. Then free text by the kilobyte, and a masked stream of JSON by line. CPU time
 * of this process.
 */
import { mask } from '../../shared/masking/mask.ts'
import { recogniseText } from '../../shared/masking/recognise-text.ts'
import { maskLines } from '../../shared/masking/stream-lines.ts'
import type { Json } from '../../shared/pipeline/ports.ts'
import { negatives, positives } from '../support/free-text.ts'
import { tableRequest, treeRequest } from '../unit/masking/requests.ts'
import { type Bench, compareFigure, type Figure, roundFigure } from './measurement.ts'
import { median, microseconds, spend, takeTurns } from './rounds.ts'

const width = 10
const labels = {
  clear: 'none',
  token: 'pii.name',
  partial: 'pii.contact',
  null: 'pii.birth',
  drop: 'pii.national_id',
  'free text': 'text.free',
} as const
const texts = [...positives.map(([, text]) => text), ...negatives]

type Kind = keyof typeof labels

export const run: Bench = async ({ quick }) => {
  const figures: Figure[] = []
  const count = quick ? 500 : 5_000
  for (const kind of Object.keys(labels) as Kind[]) figures.push(await compare(kind, count, quick))
  return [...figures, await measureText(quick), await measureLines(quick)]
}

async function compare(kind: Kind, count: number, quick: boolean): Promise<Figure> {
  const request = requestOf(kind, count)
  const once = { ours: () => mask(request), peer: () => JSON.stringify(request.answer.data) }
  const repeats = quick ? 2 : 10
  const repeat = (work: () => unknown) => () =>
    spend(count * repeats, () => {
      for (let at = 0; at < repeats; at++) work()
    })
  once.ours()
  once.peer()
  const turns = await takeTurns(quick ? 3 : 7, { ours: repeat(once.ours), peer: repeat(once.peer) })
  const rate = (spent: (turn: (typeof turns)[number]) => { calls: number; cpu: number }) =>
    median(turns.map((turn) => spent(turn).calls / spent(turn).cpu))
  const figure = { case: `rows of ${width} columns: ${kind}`, value: rate(({ ours }) => ours), unit: 'rows/s' }
  return compareFigure(
    'rate',
    { ...figure, peer: 'JSON.stringify of the same rows' },
    rate(({ peer }) => peer),
  )
}

function requestOf(kind: Kind, count: number) {
  const names = Array.from({ length: width }, (_, at) => `column_${at}`)
  const columns = names.map((name) => ({ name, source: `bench.rows.${name}` }))
  const rows = Array.from({ length: count }, (_, row) => names.map((_name, at) => cell(kind, row, at)))
  const classification = Object.fromEntries(names.map((name) => [`bench.rows.${name}`, labels[kind]]))
  return { ...tableRequest({ columns, rows, reads: ['bench.rows'] }), classification }
}

function cell(kind: Kind, row: number, at: number): Json {
  return kind === 'free text'
    ? (texts[(row * width + at) % texts.length] ?? '')
    : `person.${row}.${at}@customer.example`
}

async function measureText(quick: boolean): Promise<Figure> {
  const text = Array.from({ length: 8 }, () => texts.join('\n')).join('\n')
  const kilobytes = text.length / 1024
  const once = () => spend(kilobytes, () => recogniseText(text, () => true))
  await once()
  const turns = await takeTurns(quick ? 3 : 15, { ours: once, peer: async () => null })
  return {
    case: 'free text, every line an identifier or nearly',
    value: roundFigure(microseconds(turns.map(({ ours }) => ours))),
    unit: 'µs/KB',
  }
}

async function measureLines(quick: boolean): Promise<Figure> {
  const line = `${JSON.stringify({ id: 1, customer: { email: 'ann@customer.example', name: 'Ann', note: 'x'.repeat(200) } })}\n`
  const piece = new TextEncoder().encode(line.repeat(200))
  const total = quick ? 50 : 500
  async function* pieces() {
    for (let at = 0; at < total; at++) yield piece
  }
  const { answer: _answer, ...request } = treeRequest(null, {
    '/id': 'none',
    '/customer/email': 'pii.contact',
    '/customer/name': 'pii.name',
    '/customer/note': 'none',
  })
  const spent = await spend(total * 200, async () => {
    for await (const _line of maskLines(request, pieces()).lines);
  })
  return { case: 'JSON by line, masked as it flows', value: roundFigure(spent.calls / spent.cpu), unit: 'lines/s' }
}
