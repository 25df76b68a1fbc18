import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect } from 'vitest'
import type { Executor } from '../../shared/pipeline/ports.ts'
import { type Judgement, type JudgeOptions, judgeOperation } from './specs/judge.ts'

/**
 * How an operation was proven. `live-protocol`: against a real server or the publisher's own emulator. `official-spec`:
 * its request, and the answers that it understands, were judged by the publisher's own document.
 */
export type ProofKind = 'live-protocol' | 'official-spec'

/** Backend → operation → proof. */
export type Ledger = Readonly<Record<string, Readonly<Record<string, ProofKind>>>>

interface Task {
  readonly type: string
  readonly mode: string
  readonly result?: { readonly state: string } | undefined
  readonly tasks?: readonly Task[]
}

/** What one test file proves of backends. */
export interface Proofs {
  /** Notes a governed call by its path (`/api/backend/operation`) where the gateway answered with data. */
  readonly noteCall: (kind: ProofKind, path: string, status: number) => void
  /** The same executor, which notes every call that it answers. */
  readonly noteExecutor: (kind: ProofKind, executor: Executor) => Executor
  /** Judges an operation by documents, expects no fault, and notes it as `official-spec`. */
  readonly judge: (...of: Parameters<typeof judgeOperation>) => Promise<Judgement>
}

const root = fileURLToPath(new URL('../../', import.meta.url))
export const ledgerFolder = join(root, 'test/support/proofs')

/**
 * Keeps the ledger of this test file, `test/support/proofs/<file>.json`: after a run in which all of its tests passed,
 * the ledger must say exactly what they proved. UPDATE_DOCS=1 writes it instead. Nothing else makes a badge.
 */
export function keepProofs(url: string): Proofs {
  const file = relative(root, fileURLToPath(url))
  const proven: Record<string, Record<string, ProofKind>> = {}
  const note = (kind: ProofKind, backend: string, operation: string) => {
    const known = proven[backend] ?? {}
    proven[backend] = { ...known, [operation]: known[operation] === 'live-protocol' ? 'live-protocol' : kind }
  }
  // biome-ignore lint/correctness/noEmptyPattern: the library reads the pattern's names
  afterAll(({}, suite) => settle(file, proven, suite as Task))
  return {
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
      note('official-spec', backend.name, name)
      return judged
    },
  }
}

/** The ledger of a test file, as it is kept. */
export function ledgerPath(file: string): string {
  return join(ledgerFolder, `${basename(dirname(file))}-${basename(file, '.test.ts')}.json`)
}

/** What the kept file says: the test file, and what it proves. */
export function readLedger(path: string): { readonly file: string; readonly proves: Ledger } {
  return JSON.parse(readFileSync(path, 'utf8')) as { file: string; proves: Ledger }
}

function settle(file: string, proven: Ledger, suite: Task): void {
  // A test that was skipped or failed proves nothing, and what is left out is not disproved.
  if (!passed(suite)) return
  const path = ledgerPath(file)
  const made = { file, proves: sorted(proven) }
  if (process.env.UPDATE_DOCS === '1') {
    mkdirSync(ledgerFolder, { recursive: true })
    writeFileSync(path, `${JSON.stringify(made, null, 2)}\n`)
  }
  const kept = existsSync(path) ? readLedger(path) : { file, proves: {} }
  expect(kept, `the ledger of ${file} differs from what it proved: UPDATE_DOCS=1 writes it`).toEqual(made)
}

function sorted(ledger: Ledger): Ledger {
  const inOrder = <T>(map: Readonly<Record<string, T>>) =>
    Object.entries(map).sort(([one], [other]) => (one < other ? -1 : 1))
  return Object.fromEntries(inOrder(ledger).map(([name, proofs]) => [name, Object.fromEntries(inOrder(proofs))]))
}

function passed(task: Task): boolean {
  if (task.tasks !== undefined) return task.tasks.every(passed)
  return task.mode === 'run' && task.result?.state === 'pass'
}
