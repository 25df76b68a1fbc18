import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Observed } from './fault-case.ts'
import { type Answers, collectAnswers, writeDocs } from './fault-docs.ts'
import { expected } from './fault-expected.ts'
import { unknownLabel } from './fault-labels.ts'
import { describeCase, type Played, playAll, type Selection } from './fault-matrix.ts'
import { entered, rules } from './fault-rules.ts'

const answersFile = fileURLToPath(new URL('../fault/answers.json', import.meta.url))
const docsFile = fileURLToPath(new URL('../../docs/faults.md', import.meta.url))

interface Suite {
  /** All of the matrix: only then what is not there any more shows. */
  readonly isWhole: boolean
  readonly selection: Selection
}

const nothing: Played = { clean: [], observed: [], broken: [], strays: [] }

/** Plays the selection once and holds all of it against every rule, the expected answers and the documentation. */
export function describeFaults({ isWhole, selection }: Suite): void {
  let played = nothing
  beforeAll(
    async () => {
      played = await playAll(selection)
    },
    isWhole ? 3_600_000 : 300_000,
  )

  describeClean(() => played)
  describeFaulty(() => played)

  it('is answered as documented', () => {
    const answers = collectAnswers(played.observed)
    if (process.env.UPDATE_DOCS === '1') update(isWhole ? answers : { ...readAnswers(), ...answers })
    const documented = readAnswers()
    if (isWhole) expect(answers).toEqual(documented)
    else expect(undocumented(answers, documented)).toEqual([])
    expect(readFileSync(docsFile, 'utf8')).toBe(writeDocs(documented))
  })
}

function describeClean(played: () => Played): void {
  describe('a governed call without a failure', () => {
    it('is answered, does what it says, and asks every service', () => {
      const { clean, observed } = played()
      const services = new Set(clean.flatMap(({ during }) => during.map(({ service }) => service)))
      expect(clean.flatMap((one) => failing(one).map((rule) => `${rule}: ${describeCase(one)}`))).toEqual([])
      expect([...services]).toEqual(expect.arrayContaining(['signing keys', 'managed identity', 'vault', 'book']))
      expect([...services]).toEqual(expect.arrayContaining(['approvals', 'token service', 'orders', 'postgres']))
      expect(observed.length).toBeGreaterThan(clean.length * 10)
    })

    it('has no exchange of which nobody has said what it is', () => {
      const seen = [...played().clean, ...played().observed].flatMap(({ during, after }) => [...during, ...after])
      expect(seen.map(({ label }) => label).filter((label) => label.startsWith(unknownLabel))).toEqual([])
    })
  })
}

function describeFaulty(played: () => Played): void {
  describe('a governed call of which one exchange fails', () => {
    it('is played to its end', () => {
      expect(played().broken).toEqual([])
    })

    it.each(Object.entries(rules))('keeps the rule: %s', (_, holds) => {
      const others = played().observed.filter((one) => !holds(one, entered(one)))
      expect(others.map(describeCase)).toEqual([])
    })

    it('is answered as the contract says for that service and failure', () => {
      const others = played().observed.filter((one) => !expected(one).includes(one.got.code))
      expect(others.map(describeCase)).toEqual([])
    })

    it('leaves no rejection that nobody handles', () => {
      expect(played().strays).toEqual([])
    })
  })
}

function failing(one: Observed): string[] {
  return Object.entries(rules).flatMap(([name, holds]) => (holds(one, entered(one)) ? [] : [name]))
}

function readAnswers(): Answers {
  return JSON.parse(readFileSync(answersFile, 'utf8')) as Answers
}

function update(answers: Answers): void {
  writeFileSync(answersFile, `${JSON.stringify(answers, null, 2)}\n`)
  writeFileSync(docsFile, writeDocs(answers))
}

/** A part sees a part of what was documented: of several answers any. */
function undocumented(answers: Answers, documented: Answers): string[] {
  const isKnown = ([key, text]: [string, string]) =>
    text.split(' or ').every((each) => (documented[key] ?? '').split(' or ').includes(each))
  return Object.entries(answers)
    .filter((entry) => !isKnown(entry))
    .map(([key, text]) => `${key}: ${text}, documented: ${documented[key]}`)
}
