import { Worker } from 'node:worker_threads'

/** Limits of one worker thread and what it runs. */
export interface LaneOptions {
  readonly workerUrl: URL
  /** Folder (trailing slash) of the program's wasm; by default its own. */
  readonly assets?: URL | undefined
  /** Milliseconds for one job. */
  readonly budgetMs: number
  /** Milliseconds for a fresh worker to load. */
  readonly startMs: number
  /** Jobs that may wait; beyond them `parser_busy`. */
  readonly queueLimit: number
}

/** A worker thread that answers one job at a time. */
export interface Lane {
  /** Answers what the worker says, or `{refused}` where it does not in time. */
  ask(job: object): Promise<unknown>
  stop(): Promise<void>
}

interface Job {
  readonly body: object
  readonly settle: (answer: unknown) => void
}

interface State {
  readonly options: LaneOptions
  readonly queue: Job[]
  worker?: Worker | undefined
  ready: boolean
  current?: Job | undefined
  timer?: NodeJS.Timeout | undefined
  stopped: boolean
}

/**
 * A worker thread that starts with the first job, does one at a time, and is killed and replaced when one overruns its
 * budget (`parse_timeout`) or breaks it (`parse_failed`), or when its answer says that it is spent. Keeps no process alive.
 */
export function createLane(options: LaneOptions): Lane {
  const lane: State = { options, queue: [], ready: false, stopped: false }
  return { ask: (body) => enqueue(lane, body), stop: () => stop(lane) }
}

function enqueue(lane: State, body: object): Promise<unknown> {
  if (lane.stopped) return Promise.resolve({ refused: 'parser_stopped' })
  if (lane.queue.length >= lane.options.queueLimit) return Promise.resolve({ refused: 'parser_busy' })
  return new Promise((settle) => {
    lane.queue.push({ body, settle })
    advance(lane)
  })
}

/** Gives the worker its next job, starting one where there is none. */
function advance(lane: State): void {
  if (lane.current !== undefined) return
  lane.current = lane.queue.shift()
  if (lane.current === undefined) return
  if (lane.worker === undefined) start(lane)
  else if (lane.ready) send(lane, lane.worker, lane.current)
}

function start(lane: State): void {
  const { workerUrl, assets, startMs } = lane.options
  const worker = new Worker(workerUrl, {
    workerData: { assets: assets?.href },
    execArgv: [],
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: 256 },
  })
  worker.unref()
  lane.worker = worker
  worker.on('message', (message: unknown) => receive(lane, worker, message))
  worker.on('error', () => fail(lane, worker, 'parse_failed'))
  worker.on('messageerror', () => fail(lane, worker, 'parse_failed'))
  worker.on('exit', () => fail(lane, worker, 'parse_failed'))
  limit(lane, worker, { ms: startMs, reason: 'parse_failed' })
}

function send(lane: State, worker: Worker, job: Job): void {
  worker.postMessage(job.body)
  limit(lane, worker, { ms: lane.options.budgetMs, reason: 'parse_timeout' })
}

/**
 * Kills the worker when it has not answered in time. The timer also keeps the process alive meanwhile. An answer that
 * waits behind a busy event loop still counts: it is taken before the check.
 */
function limit(lane: State, worker: Worker, { ms, reason }: { ms: number; reason: string }): void {
  clearTimeout(lane.timer)
  const timer = setTimeout(() => setImmediate(() => lane.timer === timer && fail(lane, worker, reason)), ms)
  lane.timer = timer
}

function receive(lane: State, worker: Worker, message: unknown): void {
  if (lane.worker !== worker) return
  if (message === 'ready') {
    lane.ready = true
    worker.unref()
    if (lane.current !== undefined) send(lane, worker, lane.current)
    return
  }
  if (isSpent(message)) retire(lane, worker)
  finish(lane, message)
}

function isSpent(message: unknown): boolean {
  return typeof message === 'object' && message !== null && 'spent' in message && message.spent === true
}

function retire(lane: State, worker: Worker): void {
  lane.worker = undefined
  lane.ready = false
  void worker.terminate()
}

function fail(lane: State, worker: Worker, refused: string): void {
  if (lane.worker !== worker) return
  retire(lane, worker)
  finish(lane, { refused })
}

function finish(lane: State, answer: unknown): void {
  clearTimeout(lane.timer)
  lane.timer = undefined
  const job = lane.current
  lane.current = undefined
  job?.settle(answer)
  advance(lane)
}

async function stop(lane: State): Promise<void> {
  lane.stopped = true
  clearTimeout(lane.timer)
  const jobs = [lane.current, ...lane.queue.splice(0)]
  const worker = lane.worker
  lane.worker = undefined
  lane.current = undefined
  for (const job of jobs) job?.settle({ refused: 'parser_stopped' })
  await worker?.terminate()
}
