/**
 * Verification of the book per core: all checks over generated rows, streamed, against plain HMAC-SHA-256 of the same
 * bytes. CPU time of this process, the making of the rows not counted; memory at 10 % and at the end. Then two lanes by two
 * threads against one lane by one, on the clock: no command of the product verifies so yet, each lane stands for itself.
 */
import { createHmac } from 'node:crypto'
import { key } from '../unit/audit/fixture.ts'
import { generateBook, verifyBook } from './audit-book.ts'
import { type Bench, type Figure, roundFigure } from './measurement.ts'
import { median, takeTurns } from './rounds.ts'
import { verifyInThreads } from './verify-thread.ts'

const mebibyte = 2 ** 20

interface Streamed {
  readonly seconds: number
  readonly bytes: number
  /** Resident bytes after a tenth of the rows. */
  readonly atTenth: number
  readonly most: number
}

export const run: Bench = async ({ quick, rows: asked }) => {
  const rows = Math.ceil((asked ?? (quick ? 20_000 : 1_000_000)) / 1_000) * 1_000
  await stream(10_000)
  const turns = await takeTurns(quick || rows > 1_000_000 ? 1 : 3, {
    ours: () => stream(rows),
    peer: async () => spendOnHmac(Math.min(rows, 300_000)),
  })
  const rate = median(turns.map(({ ours }) => rows / ours.seconds))
  const [first] = turns
  if (first === undefined) throw new Error('nothing was measured')
  const most = Math.max(...turns.map(({ ours }) => ours.most))
  return [
    {
      case: 'all checks',
      value: roundFigure(rate),
      unit: 'rows/s a core',
      peer: 'HMAC-SHA-256 of the same bytes alone',
      ratio: roundFigure(rate / median(turns.map(({ peer }) => peer))),
    },
    { case: `memory after ${rows / 10} rows`, value: roundFigure(first.ours.atTenth / mebibyte), unit: 'MiB' },
    { case: 'most memory', value: roundFigure(most / mebibyte), unit: 'MiB' },
    { case: 'rows streamed', value: rows, unit: 'rows' },
    await compareWorkers(quick),
  ]
}

async function stream(count: number): Promise<Streamed> {
  const book = generateBook(count)
  let [making, pages, atTenth, most] = [0, 0, 0, 0]
  book.onMaking = (isBegin) => {
    making += isBegin ? -cpuSeconds() : cpuSeconds()
    const resident = process.memoryUsage.rss()
    most = Math.max(most, resident)
    if (++pages === Math.ceil(count / 5000)) atTenth = resident
  }
  const begin = cpuSeconds()
  await verifyBook(book.source, count)
  return { seconds: cpuSeconds() - begin - making, bytes: book.bytes(), atTenth, most }
}

/** Rows a second for the MAC alone, over contents of the size that generated rows have. */
function spendOnHmac(count: number): number {
  const pages = Array.from({ length: 1000 }, (_, index) => Buffer.alloc(rowSize, index))
  const begin = cpuSeconds()
  for (let at = 0; at < count; at++) {
    createHmac('sha256', key)
      .update(pages[at % pages.length] as Buffer)
      .digest()
  }
  return count / (cpuSeconds() - begin)
}

const rowSize = await sizeOfRows()

async function sizeOfRows(): Promise<number> {
  const book = generateBook(1_000)
  for await (const _page of book.source.pages());
  return Math.round(book.bytes() / 1_000)
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

/** Two threads with a lane each, ready before the clock starts, against one. */
async function compareWorkers(quick: boolean): Promise<Figure> {
  const rows = quick ? 10_000 : 60_000
  const one = async () => rows / (await verifyInThreads(1, { rows, from: 'table' }))
  const turns = await takeTurns(quick ? 3 : 5, {
    ours: async () => (2 * rows) / (await verifyInThreads(2, { rows, from: 'table' })),
    peer: one,
  })
  const value = median(turns.map(({ ours }) => ours))
  const ratio = roundFigure(median(turns.map(({ ours, peer }) => ours / peer)))
  return { case: 'two workers', value: roundFigure(value), unit: 'rows/s', peer: 'one worker', ratio }
}
