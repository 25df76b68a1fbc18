// One thread of the verify benches: makes a book of as many rows as it is told, says so, verifies it at the word.
import { once } from 'node:events'
import { parentPort, Worker } from 'node:worker_threads'
import type { StoredEntity } from '../../shared/audit/record.ts'
import { generateBook, verifyBook } from './audit-book.ts'
import { generateSealedBook } from './sealed-book.ts'

/** What a thread is told: rows of its book, and whether they are those of the table or sealed. */
export interface ThreadTask {
  readonly rows: number
  readonly from: 'table' | 'sealed'
}

/** Answers the thread that started this one. */
export async function serveThread(): Promise<void> {
  if (parentPort === null) throw new Error('this is no thread')
  const [{ rows, from }] = (await once(parentPort, 'message')) as [ThreadTask]
  const verify = from === 'sealed' ? (await generateSealedBook(rows)).verify : await generateStoredBook(rows)
  parentPort.postMessage('ready')
  await once(parentPort, 'message')
  await verify()
  parentPort.postMessage('done')
}

async function generateStoredBook(rows: number): Promise<() => Promise<void>> {
  const book = generateBook(rows)
  const pages: (readonly StoredEntity[])[] = []
  for await (const page of book.source.pages()) pages.push(page)
  const source = {
    ...book.source,
    async *pages() {
      yield* pages
    },
  }
  return () => verifyBook(source, rows)
}

/** So many threads with a book each, ready before the clock starts: seconds until the last has verified its book. */
export async function verifyInThreads(count: number, task: ThreadTask): Promise<number> {
  const threads = Array.from({ length: count }, () => new Worker(process.argv[1] ?? ''))
  for (const thread of threads) thread.postMessage(task)
  await Promise.all(threads.map((thread) => once(thread, 'message')))
  const begin = performance.now()
  const done = threads.map((thread) => once(thread, 'message'))
  for (const thread of threads) thread.postMessage('go')
  await Promise.all(done)
  const seconds = (performance.now() - begin) / 1e3
  await Promise.all(threads.map((thread) => thread.terminate()))
  return seconds
}
