import { Worker } from 'node:worker_threads'
import type { Dialect, Statement } from './statement.ts'
import { type Parse, understand } from './understand.ts'

export interface ParserOptions {
  /** The worker's program; by default beside this file (`parser-entry.mjs`), in a bundle beside it (`parser-entry.js`). */
  readonly workerUrl?: URL
  /** Folder (trailing slash) of `libpg-query.wasm` for a bundled worker; by default the worker's own. */
  readonly assets?: URL
  /** Milliseconds for one statement. */
  readonly budgetMs?: number
  /** Milliseconds for a fresh worker to load. */
  readonly startMs?: number
  /** Statements that may wait; beyond them `parser_busy`. */
  readonly queueLimit?: number
}

export interface Parser {
  understand(dialect: Dialect, sql: string): Promise<Statement>
  stop(): Promise<void>
}

type Parsed = Awaited<ReturnType<Parse>>

interface Job {
  readonly text: string
  readonly canonical: string
  readonly settle: (parsed: Parsed) => void
}

interface Lane {
  readonly options: Required<Omit<ParserOptions, 'assets'>> & Pick<ParserOptions, 'assets'>
  readonly queue: Job[]
  worker?: Worker | undefined
  ready: boolean
  current?: Job | undefined
  timer?: NodeJS.Timeout | undefined
  stopped: boolean
}

const defaults = { budgetMs: 250, startMs: 5000, queueLimit: 256 }

/**
 * A parser of SQL in a worker thread that starts with the first statement, does one statement at a time, and is killed
 * and replaced when one overruns its budget (`parse_timeout`) or breaks it (`parse_failed`). Keeps no process alive.
 */
export function createParser(options: ParserOptions = {}): Parser {
  const entry = import.meta.url.endsWith('.ts') ? './parser-entry.mjs' : './parser-entry.js'
  const workerUrl = options.workerUrl ?? new URL(entry, import.meta.url)
  const lane: Lane = { options: { ...defaults, ...options, workerUrl }, queue: [], ready: false, stopped: false }
  return {
    understand: (dialect, sql) => understand(dialect, sql, (text, canonical) => enqueue(lane, text, canonical)),
    stop: () => stop(lane),
  }
}

function enqueue(lane: Lane, text: string, canonical: string): Promise<Parsed> {
  if (lane.stopped) return Promise.resolve({ refused: 'parser_stopped' })
  if (lane.queue.length >= lane.options.queueLimit) return Promise.resolve({ refused: 'parser_busy' })
  return new Promise((settle) => {
    lane.queue.push({ text, canonical, settle })
    advance(lane)
  })
}

/** Gives the worker its next job, starting one where there is none. */
function advance(lane: Lane): void {
  if (lane.current !== undefined) return
  lane.current = lane.queue.shift()
  if (lane.current === undefined) return
  if (lane.worker === undefined) start(lane)
  else if (lane.ready) send(lane, lane.worker, lane.current)
}

function start(lane: Lane): void {
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

function send(lane: Lane, worker: Worker, job: Job): void {
  worker.postMessage({ text: job.text, canonical: job.canonical })
  limit(lane, worker, { ms: lane.options.budgetMs, reason: 'parse_timeout' })
}

/**
 * Kills the worker when it has not answered in time. The timer also keeps the process alive meanwhile. An answer that
 * waits behind a busy event loop still counts: it is taken before the check.
 */
function limit(lane: Lane, worker: Worker, { ms, reason }: { ms: number; reason: string }): void {
  clearTimeout(lane.timer)
  const timer = setTimeout(() => setImmediate(() => lane.timer === timer && fail(lane, worker, reason)), ms)
  lane.timer = timer
}

function receive(lane: Lane, worker: Worker, message: unknown): void {
  if (lane.worker !== worker) return
  if (message === 'ready') {
    lane.ready = true
    worker.unref()
    if (lane.current !== undefined) send(lane, worker, lane.current)
    return
  }
  finish(lane, message as Parsed)
}

function fail(lane: Lane, worker: Worker, refused: string): void {
  if (lane.worker !== worker) return
  lane.worker = undefined
  lane.ready = false
  void worker.terminate()
  finish(lane, { refused })
}

function finish(lane: Lane, parsed: Parsed): void {
  clearTimeout(lane.timer)
  lane.timer = undefined
  const job = lane.current
  lane.current = undefined
  job?.settle(parsed)
  advance(lane)
}

async function stop(lane: Lane): Promise<void> {
  lane.stopped = true
  clearTimeout(lane.timer)
  const jobs = [lane.current, ...lane.queue.splice(0)]
  const worker = lane.worker
  lane.worker = undefined
  lane.current = undefined
  for (const job of jobs) job?.settle({ refused: 'parser_stopped' })
  await worker?.terminate()
}
