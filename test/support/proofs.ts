import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, TestRunner } from 'vitest'
import type { Executor } from '../../shared/pipeline/ports.ts'
import { type Judgement, type JudgeOptions, judgeOperation } from './specs/judge.ts'

/**
 * How an operation was proven. `live-protocol`: a server that is not ours answered it over the service's own protocol.
 * `official-spec`: its request, and the answers that it understands, were judged by the publisher's own document.
 */
export type ProofKind = 'live-protocol' | 'official-spec'

/** Backend → operation → proof. */
export type Ledger = Readonly<Record<string, Readonly<Record<string, ProofKind>>>>

/** A test or what holds tests, as the library knows it. */
export interface Task {
  readonly type: string
  readonly mode: string
  readonly concurrent?: boolean | undefined
  readonly result?: { readonly state: string } | undefined
  readonly tasks?: readonly Task[]
}

/** One proof, and the test that made it; none where it was made after the tests. */
export interface Note {
  readonly of: Task | undefined
  readonly backend: string
  readonly operation: string
  readonly kind: ProofKind
}

/** What one test file proves of backends. What a test proved counts where that test passes. */
export interface Proofs {
  /** Notes an operation that this test has just proven. */
  readonly note: (kind: ProofKind, backend: string, operation: string) => void
  /** Notes a governed call by its path (`/api/backend/operation`) where the gateway answered with data. */
  readonly noteCall: (kind: ProofKind, path: string, status: number) => void
  /** The same executor, which notes every call that it answers. */
  readonly noteExecutor: (kind: ProofKind, executor: Executor) => Executor
  /** Judges an operation by documents, expects no fault, and notes it as `official-spec` where nothing is excepted. */
  readonly judge: (...of: Parameters<typeof judgeOperation>) => Promise<Judgement>
}

const root = fileURLToPath(new URL('../../', import.meta.url))
export const ledgerFolder = join(root, 'test/support/proofs')

/**
 * Keeps the ledger of this test file, `test/support/proofs/<file>.json`: after its tests the ledger must say exactly what
 * those that passed have proved. Where some were skipped it may say more, since what is left out is not disproved.
 * UPDATE_DOCS=1 writes it instead. Nothing else makes a badge.
 */
export function keepProofs(url: string): Proofs {
  const file = relative(root, fileURLToPath(url))
  const notes: Note[] = []
  const note: Proofs['note'] = (kind, backend, operation) => void notes.push({ of: owner(), backend, operation, kind })
  // biome-ignore lint/correctness/noEmptyPattern: the library reads the pattern's names
  afterAll(({}, suite) => settle(file, notes, suite as Task))
  return {
    note,
    noteCall: (kind, path, status) => {
      const [, backend, operation] = /^\/api\/([a-z0-9-]+)\/([A-Za-z0-9]+)$/.exec(path) ?? []
      if (status === 200 && backend !== undefined && operation !== undefined) note(kind, backend, operation)
    },
    noteExecutor: (kind, executor) => ({
      ...executor,
      call: async (call) => {
        const answer = await executor.call(call)
        note(kind, call.invocation.backend.name, call.invocation.operationName)
        return answer
      },
    }),
    judge: async (backend, name, options: JudgeOptions) => {
      const judged = await judgeOperation(backend, name, options)
      expect(judged.faults).toEqual([])
      if ((options.except ?? []).length === 0) note('official-spec', backend.name, name)
      return judged
    },
  }
}

/** Of tests that run at once nobody can tell which one is asking. */
function owner(): Task | undefined {
  const test = TestRunner.getCurrentTest() as Task | undefined
  if (test?.concurrent === true) throw new Error('a concurrent test cannot note a proof')
  return test
}

/** The ledger of a test file, as it is kept. */
export function ledgerPath(file: string): string {
  return join(ledgerFolder, `${basename(dirname(file))}-${basename(file, '.test.ts')}.json`)
}

/** What the kept file says: the test file, and what it proves. */
export function readLedger(path: string): { readonly file: string; readonly proves: Ledger } {
  return JSON.parse(readFileSync(path, 'utf8')) as { file: string; proves: Ledger }
}

function settle(file: string, notes: readonly Note[], suite: Task): void {
  const path = ledgerPath(file)
  const kept = existsSync(path) ? readLedger(path) : { file, proves: {} }
  const proves = provenBy(suite, notes, kept.proves)
  if (proves === undefined) return
  const made = { file, proves }
  if (process.env.UPDATE_DOCS === '1') write(path, made)
  else expect(kept, `the ledger of ${file} differs from what it proved: UPDATE_DOCS=1 writes it`).toEqual(made)
}

/** What a ledger has to say after these tests; undefined where some failed and others were left out. */
export function provenBy(suite: Task, notes: readonly Note[], kept: Ledger): Ledger | undefined {
  const all = tests(suite)
  const hasFailed = all.some((test) => test.result?.state === 'fail')
  const hasSkipped = all.some((test) => stateOf(test) === 'skip')
  // Which of the kept proofs are of what was left out nobody knows; the failure is reported by itself.
  if (hasFailed && hasSkipped) return undefined
  const good = notes.filter(({ of }) => (of === undefined ? !hasFailed : stateOf(of) === 'pass'))
  return ledgerOf([...(hasSkipped ? entriesOf(kept) : []), ...good])
}

function stateOf(test: Task): string {
  return test.mode === 'run' ? (test.result?.state ?? 'skip') : 'skip'
}

function tests(task: Task): readonly Task[] {
  return task.tasks === undefined ? [task] : task.tasks.flatMap(tests)
}

/** In one step, so that whoever reads at the same time sees the old one or the new one. */
function write(path: string, made: unknown): void {
  mkdirSync(ledgerFolder, { recursive: true })
  const part = `${path}.${process.pid}.part`
  writeFileSync(part, `${JSON.stringify(made, null, 2)}\n`)
  renameSync(part, path)
}

type Entry = Omit<Note, 'of'>

function entriesOf(ledger: Ledger): readonly Entry[] {
  return Object.entries(ledger).flatMap(([backend, proofs]) =>
    Object.entries(proofs).map(([operation, kind]) => ({ backend, operation, kind })),
  )
}

function ledgerOf(entries: readonly Entry[]): Ledger {
  const made: Record<string, Record<string, ProofKind>> = {}
  for (const { backend, operation, kind } of entries) {
    const known = made[backend] ?? {}
    made[backend] = { ...known, [operation]: known[operation] === 'live-protocol' ? 'live-protocol' : kind }
  }
  return sorted(made)
}

function sorted(ledger: Ledger): Ledger {
  const inOrder = <T>(map: Readonly<Record<string, T>>) =>
    Object.entries(map).sort(([one], [other]) => (one < other ? -1 : 1))
  return Object.fromEntries(inOrder(ledger).map(([name, proofs]) => [name, Object.fromEntries(inOrder(proofs))]))
}
