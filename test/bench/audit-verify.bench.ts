/**
 * Verification of the book per core: all checks over generated rows, streamed, against plain HMAC-SHA-256 of the same
 * bytes in the same run. CPU time of this process, the making of the rows not counted; memory at 10 % and at the end.
 * `npx tsx test/bench/audit-verify.bench.ts [rows]`; prints one JSON object a line.
 */
import { createHmac } from 'node:crypto'
import { verifyChain } from '../../shared/audit/verify.ts'
import { key, kid } from '../unit/audit/fixture.ts'
import { generateBook } from './audit-book.ts'

const bench = 'audit-verify'
const rows = Math.ceil(Number(process.argv[2] ?? 300_000) / 1000) * 1000
const warmRows = 20_000

interface Spent {
  readonly seconds: number
  readonly bytes: number
  readonly atTenth: number
}

async function spend(count: number): Promise<Spent> {
  const book = generateBook(count)
  let making = 0
  let pages = 0
  let atTenth = 0
  book.onMaking = (isBegin) => {
    making += isBegin ? -cpuSeconds() : cpuSeconds()
    if (++pages === Math.ceil(count / 5000)) atTenth = process.memoryUsage.rss()
  }
  const begin = cpuSeconds()
  const keys = async (id: string) => (id === kid ? { key } : null)
  const report = await verifyChain({ source: book.source, keys, now: Date.parse('2026-11-22T10:00:01Z') })
  const seconds = cpuSeconds() - begin - making
  if (report.counts.verified !== count || report.findings.length > 0) throw new Error(JSON.stringify(report))
  return { seconds, bytes: book.bytes(), atTenth }
}

/** Seconds for the MAC of as many rows of that size. */
function spendOnHmac(count: number, size: number): number {
  const pages = Array.from({ length: 1000 }, (_, index) => Buffer.alloc(size, index))
  const begin = cpuSeconds()
  for (let at = 0; at < count; at++) {
    createHmac('sha256', key)
      .update(pages[at % pages.length] as Buffer)
      .digest()
  }
  return cpuSeconds() - begin
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

function print(name: string, value: number, more: object): void {
  process.stdout.write(`${JSON.stringify({ bench, case: name, value: Math.round(value), ...more })}\n`)
}

await spend(warmRows)
spendOnHmac(warmRows, 1000)
const { seconds, bytes, atTenth } = await spend(rows)
const size = Math.round(bytes / rows)
const rate = rows / seconds
const plain = rows / spendOnHmac(rows, size)
const ratio = Number((rate / plain).toFixed(3))
print(`all checks, ${rows} rows of ${size} bytes`, rate, { unit: 'rows/s', peer: 'HMAC-SHA-256', ratio })
print('HMAC-SHA-256 of the same bytes', plain, { unit: 'rows/s' })
print('memory at 10 %', atTenth / 2 ** 20, { unit: 'MiB' })
print('memory at 100 %', process.memoryUsage.rss() / 2 ** 20, { unit: 'MiB' })
