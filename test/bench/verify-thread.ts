// One thread of the verify bench: makes a book of as many rows as it is told, says so, verifies it at the word.
import { once } from 'node:events'
import { parentPort } from 'node:worker_threads'
import type { StoredEntity } from '../../shared/audit/record.ts'
import { generateBook, verifyBook } from './audit-book.ts'

/** Answers the thread that started this one. */
export async function serveThread(): Promise<void> {
  if (parentPort === null) throw new Error('this is no thread')
  const [rows] = (await once(parentPort, 'message')) as [number]
  const book = generateBook(rows)
  const pages: (readonly StoredEntity[])[] = []
  for await (const page of book.source.pages()) pages.push(page)
  const source = {
    ...book.source,
    async *pages() {
      yield* pages
    },
  }
  parentPort.postMessage('ready')
  await once(parentPort, 'message')
  await verifyBook(source, rows)
  parentPort.postMessage('done')
}
