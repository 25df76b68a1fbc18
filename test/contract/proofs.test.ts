import { describe, expect, it } from 'vitest'
import { type Note, provenBy, type Task } from '../support/proofs.ts'

const test = (state: string, mode = 'run'): Task => ({ type: 'test', mode, result: { state } })
const good = test('pass')
const bad = test('fail')
const left: Task = { type: 'test', mode: 'skip' }
const note = (of: Task | undefined, operation: string): Note => ({
  ...{ of, operation, backend: 'b', kind: 'official-spec' },
})
const suite = (...tasks: Task[]): Task => ({
  type: 'suite',
  mode: 'run',
  tasks: [{ type: 'suite', mode: 'run', tasks }],
})
const kept = { b: { before: 'live-protocol' } } as const

describe('the ledger of a test file', () => {
  it.each<[string, readonly Task[], readonly Note[], readonly string[] | undefined]>([
    ['says what its tests proved, and no more than that', [good], [note(good, 'one')], ['one']],
    ['loses what no test proves any longer', [good], [], []],
    ['loses what a failed test noted', [good, bad], [note(good, 'one'), note(bad, 'two')], ['one']],
    ['loses what was noted after the tests where one failed', [good, bad], [note(undefined, 'one')], []],
    ['keeps what it says where a test was left out', [good, left], [note(good, 'one')], ['before', 'one']],
    ['is left alone where one failed and another was left out', [bad, left], [note(bad, 'two')], undefined],
  ])('%s', (_what, tasks, ...[notes, expected]) => {
    const ledger = provenBy(suite(...tasks), notes, kept)
    expect(ledger && Object.keys(ledger.b ?? {})).toEqual(expected)
  })

  it('has the better one of two proofs', () => {
    const notes: Note[] = [{ ...note(good, 'one'), kind: 'live-protocol' }, note(good, 'one')]
    expect(provenBy(suite(good), notes, {})).toEqual({ b: { one: 'live-protocol' } })
  })
})
