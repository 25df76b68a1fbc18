/**
 * The book against other designs, in turns: appends by 1, 8, 64 and 256 at once to 1 and 4 lanes, against one row in each
 * transaction on the same table server, and against a chain in PostgreSQL that locks the row of its head; both servers in
 * memory, in another process, a fresh table each time, and on the clock. Then rows verified a second, from the table and from
 * sealed segments, by one and two threads, against what openssl's HMAC takes for as many bytes.
 */
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Database, startDatabase } from '../../infra/local/postgres/database.ts'
import { databasePeople } from '../../infra/local/postgres/roles.ts'
import { ownerRole } from '../../infra/local/postgres/server.ts'
import { readStoredChain } from '../../shared/audit/stored-chain.ts'
import { startTableServer } from '../fault/audit-azurite.ts'
import { openWriter, recordCall, verify } from '../unit/audit/fixture.ts'
import {
  type Appending,
  type Load,
  measureAppends,
  openGroups,
  openPostgresChain,
  openSingles,
  type Taken,
} from './append-contenders.ts'
import { generateBook } from './audit-book.ts'
import { openFreshRows } from './fresh-tables.ts'
import { type Bench, compareFigure, type Figure, roundFigure } from './measurement.ts'
import { median, runConcurrently } from './rounds.ts'
import { type ThreadTask, verifyInThreads } from './verify-thread.ts'

const contenders = ['ours', 'one row a transaction', 'PostgreSQL, SELECT … FOR UPDATE'] as const
type Contender = (typeof contenders)[number]

interface Place {
  readonly tablePort: number
  readonly database: Database
}

interface Shape {
  readonly width: number
  readonly lanes: number
}

export const run: Bench = async ({ quick }) => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-bench-'))
  // PostgreSQL's account has to get through it.
  chmodSync(folder, 0o711)
  const database = await startDatabase({ run: folder, people: databasePeople })
  try {
    return await runWith(database, quick)
  } finally {
    await database.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function runWith(database: Database, quick: boolean): Promise<readonly Figure[]> {
  const server = await startTableServer()
  try {
    const place = { tablePort: server.port, database }
    const widths = quick ? [64] : [1, 8, 64, 256]
    const figures: Figure[] = []
    for (const lanes of quick ? [1] : [1, 4])
      for (const width of widths) figures.push(...(await compareAppends(place, { width, lanes }, quick)))
    return [...figures, ...(await measureVerification(server.port, quick))]
  } finally {
    await server.stop()
  }
}

/** Who begins changes with each round, so that a machine that slows down slows all. */
async function compareAppends(place: Place, shape: Shape, quick: boolean): Promise<readonly Figure[]> {
  const taken: Record<Contender, Taken[]> = { [contenders[0]]: [], [contenders[1]]: [], [contenders[2]]: [] }
  for (let round = 0; round < (quick ? 1 : 3); round++) {
    for (let turn = 0; turn < contenders.length; turn++) {
      const who = contenders[(round + turn) % contenders.length] as Contender
      const load = { width: shape.width, rows: countRows(who, shape) * (quick ? 0.25 : 1) }
      taken[who].push(await measureAppends(await open(who, place, shape), load))
    }
  }
  return contenders.slice(1).flatMap((peer) => describeAppends(shape, taken, peer))
}

/** About a second each. */
function countRows(who: Contender, { width }: Shape): Load['rows'] {
  if (who !== 'ours') return 400
  return width === 1 ? 400 : width === 8 ? 1_200 : 3_000
}

async function open(who: Contender, { tablePort, database }: Place, { width, lanes }: Shape): Promise<Appending> {
  if (who === 'ours') return openGroups(openFreshRows(tablePort), lanes)
  if (who === 'one row a transaction') return openSingles(openFreshRows(tablePort), lanes)
  return openPostgresChain({ host: database.sockets, user: ownerRole, database: database.database }, { lanes, width })
}

function describeAppends(
  { width, lanes }: Shape,
  taken: Readonly<Record<Contender, readonly Taken[]>>,
  peer: Contender,
): readonly Figure[] {
  const middle = (who: Contender, what: keyof Taken) => median(taken[who].map((one) => one[what]))
  const where = `${width} at once, ${lanes === 1 ? '1 lane' : `${lanes} lanes`}`
  const rate = { case: `append, ${where}`, value: middle('ours', 'rowsPerSecond'), unit: 'rows/s', peer }
  const late = { case: `p99, ${where}`, value: middle('ours', 'p99'), unit: 'ms', peer }
  return [compareFigure('rate', rate, middle(peer, 'rowsPerSecond')), compareFigure('cost', late, middle(peer, 'p99'))]
}

async function measureVerification(tablePort: number, quick: boolean): Promise<readonly Figure[]> {
  const limit = await askOpenssl()
  const rows = quick ? 10_000 : 100_000
  const figures = [describeRate('verify, from a table server', await verifyTable(tablePort, rows / 5), limit)]
  for (const [from, workers] of threaded) {
    const rate = await measureThreads(workers, { rows, from }, quick ? 1 : 3)
    figures.push(describeRate(`verify, ${kept[from]}, ${workers === 1 ? '1 worker' : '2 workers'}`, rate, limit))
  }
  return limit === null ? figures : [...figures, { case: 'HMAC by openssl', value: roundFigure(limit), unit: 'rows/s' }]
}

const threaded = [
  ['table', 1],
  ['table', 2],
  ['sealed', 1],
  ['sealed', 2],
] as const
const kept = { table: 'rows in memory', sealed: 'sealed segments in memory' } as const

async function measureThreads(workers: number, task: ThreadTask, rounds: number): Promise<number> {
  const seconds: number[] = []
  for (let round = 0; round < rounds; round++) seconds.push(await verifyInThreads(workers, task))
  return (workers * task.rows) / median(seconds)
}

function describeRate(name: string, rate: number, limit: number | null): Figure {
  const figure = { case: name, value: roundFigure(rate), unit: 'rows/s' }
  return limit === null ? figure : compareFigure('rate', { ...figure, peer: 'openssl speed -hmac sha256' }, limit)
}

/** Rows a second, through the table client and over the network of this machine. */
async function verifyTable(tablePort: number, rows: number): Promise<number> {
  const store = openFreshRows(tablePort)
  const writer = openWriter(store, { limits: { deadline: 60_000 } })
  await runConcurrently({ total: rows / 2, width: 256 }, (index) => recordCall(writer, `decision-${index}`))
  await writer.close()
  for await (const _page of readStoredChain(store).pages()) break
  const begin = performance.now()
  const report = await verify(store)
  if (report.verdict !== 'PASS') throw new Error(JSON.stringify(report))
  return report.counts.verified / ((performance.now() - begin) / 1e3)
}

/** Rows a second that openssl's HMAC takes, of the size that rows have; null, and said, where there is no openssl. */
async function askOpenssl(): Promise<number | null> {
  const book = generateBook(1_000)
  for await (const _page of book.source.pages());
  const size = Math.round(book.bytes() / 1_000)
  try {
    const args = ['speed', '-hmac', 'sha256', '-bytes', String(size), '-seconds', '1']
    const said = execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    const thousands = Number(/hmac\(sha256\)\s+([\d.]+)k/.exec(said)?.[1])
    if (!(thousands > 0)) throw new Error('no figure')
    return (thousands * 1_000) / size
  } catch {
    process.stderr.write('bench: openssl could not be asked, so that verification has no peer\n')
    return null
  }
}
