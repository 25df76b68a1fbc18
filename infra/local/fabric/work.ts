import { randomUUID } from 'node:crypto'
import { type Asked, fail, type Reply } from './wire.ts'

/** Work that takes two questions to be over; it is its owner's alone. */
export interface Work {
  readonly id: string
  readonly owner: string
  readonly result: unknown
  readonly started: string
  asked: number
}

export interface Job {
  readonly id: string
  readonly itemId: string
  readonly owner: string
  readonly jobType: string
  asked: number
  end: 'Completed' | 'Cancelled' | 'Deduped'
}

export interface WorkBook {
  readonly operations: Map<string, Work>
  readonly jobs: Map<string, Job>
}

export const openWorkBook = (): WorkBook => ({ operations: new Map(), jobs: new Map() })

/** Takes up work: 202 with where to ask after it. */
export function takeUp(asked: Asked, book: WorkBook, result: unknown): Reply {
  const id = randomUUID()
  book.operations.set(id, { id, owner: asked.oid, result, started: new Date().toISOString(), asked: 0 })
  const location = `${asked.url.origin}/v1/operations/${id}`
  return { status: 202, headers: { location, 'x-ms-operation-id': id, 'retry-after': '0' } }
}

export function onOperation(asked: Asked, book: WorkBook): Reply {
  const [, , id = '', result] = asked.parts
  const work = book.operations.get(id)
  if (work === undefined || work.owner !== asked.oid) return fail('fabric', 404, 'OperationNotFound')
  if (result === 'result') return resultOf(work)
  work.asked += 1
  const status = work.asked < 2 ? 'Running' : 'Succeeded'
  const times = { createdTimeUtc: work.started, lastUpdatedTimeUtc: new Date().toISOString() }
  const headers = { 'x-ms-operation-id': id, 'retry-after': '0' }
  return { status: 200, body: { status, ...times, percentComplete: work.asked < 2 ? 50 : 100 }, headers }
}

function resultOf({ asked, result }: Work): Reply {
  if (asked < 2 || result === undefined) return fail('fabric', 400, 'OperationHasNoResult')
  return { status: 200, body: result }
}

/** Starts a job; the same one a second time, while it runs, is not executed. */
export function startJob(asked: Asked, book: WorkBook): Reply {
  const [, , workspaceId, , itemId = '', , jobType = ''] = asked.parts
  const isRunning = [...book.jobs.values()].some((job) => job.itemId === itemId && job.asked < 2)
  const id = randomUUID()
  book.jobs.set(id, { id, itemId, owner: asked.oid, jobType, asked: 0, end: isRunning ? 'Deduped' : 'Completed' })
  const location = `${asked.url.origin}/v1/workspaces/${workspaceId}/items/${itemId}/jobs/instances/${id}`
  return { status: 202, headers: { location, 'retry-after': '0' } }
}

export function onJob(asked: Asked, book: WorkBook): Reply {
  const [, , workspaceId, , itemId, , , id = '', action] = asked.parts
  const job = book.jobs.get(id)
  if (job === undefined || job.itemId !== itemId) return fail('fabric', 404, 'ItemJobInstanceNotFound')
  if (action === 'cancel') {
    job.end = job.asked < 2 ? 'Cancelled' : job.end
    const location = `${asked.url.origin}/v1/workspaces/${workspaceId}/items/${itemId}/jobs/instances/${id}`
    return { status: 202, headers: { location, 'retry-after': '0' } }
  }
  job.asked += 1
  const status = job.asked < 2 ? 'InProgress' : job.end
  return { status: 200, body: { id, itemId, jobType: job.jobType, invokeType: 'Manual', status } }
}
