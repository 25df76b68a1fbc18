import { describe, expect, it } from 'vitest'
import type { Statement } from '../../shared/sql/statement.ts'

type Understood = Omit<Partial<Statement>, 'outputs'> & Pick<Statement, 'safeRead'>

/** A statement with what is right for it; `answer` is what comes where that is something else. */
interface CorpusCase {
  readonly id: string
  readonly hostile: boolean
  readonly sql: string
  readonly expect: object
  readonly answer?: object
}

interface CorpusSuite {
  readonly title: string
  readonly cases: readonly CorpusCase[]
  readonly judge: (sql: string) => Promise<Statement>
}

/** Declares the tests that each corpus of a dialect has: every answer, and how many are risky, missed and refused. */
export function describeCorpus({ title, cases, judge }: CorpusSuite): void {
  describe(`the corpus of ${title}`, () => {
    it.each(cases)('$id comes out as expected', async ({ sql, expect: expected, answer = expected }) => {
      const { effect, safeRead, reads, writes, dangers, statements, refused } = await judge(sql)
      const refusal = refused === undefined ? {} : { refused }
      expect({ effect, safeRead, reads, writes, dangers, statements, ...refusal }).toEqual(answer)
    })

    it('has at least 80 statements, half of them risky, lets none of those be a safe read and refuses few others', () => {
      const answers = (hostile: boolean) =>
        cases.filter((one) => one.hostile === hostile).map((one) => (one.answer ?? one.expect) as Understood)
      const [risky, others] = [answers(true), answers(false)]
      expect(cases.length).toBeGreaterThanOrEqual(80)
      expect(risky.length * 2).toBeGreaterThanOrEqual(cases.length)
      expect(risky.filter(({ safeRead }) => safeRead)).toEqual([])
      expect(others.filter((answer) => 'refused' in answer).length * 10).toBeLessThanOrEqual(others.length)
    })
  })
}
