import { beforeAll, describe, expect, it } from 'vitest'
import type { BundleReport } from '../../../shared/audit/verify-bundle.ts'
import { runScriptOver } from '../../support/bundles/independent.ts'
import { isOnPath, needs } from '../../support/tools.ts'
import { type BundleVectors, judge, makeBundles, makeCases, readVectors } from '../../vectors/make-bundles.ts'

let vectors: BundleVectors

beforeAll(() => {
  const found = readVectors()
  if (found === null) throw new Error('there are no vectors')
  vectors = found
})

const placesOf = ({ findings }: BundleReport) =>
  findings.map(({ kind, lane, seq, toSeq }) => [kind, lane, seq, ...(toSeq === undefined ? [] : [toSeq])])

describe('the shared bundles', () => {
  it('are what writer, sealer and exporter make today, byte for byte', async () => {
    expect(JSON.parse(await makeBundles(vectors.signatures))).toEqual(vectors)
    expect(vectors.cases.length).toBeGreaterThanOrEqual(100)
  })

  it('each have the verdict and the findings that were written down for it', async () => {
    const { world, made } = await makeCases(vectors.signatures)
    const found = await Promise.all(
      made.map(async (one) => {
        const report = await judge(world, one)
        const notes = report.verdict === 'FAIL' ? [] : report.notes
        return [one.name, report.verdict, placesOf(report), notes]
      }),
    )
    expect(found).toEqual(
      made.map(({ name, verdict, findings = [], notes = [] }) => [
        ...[name, verdict, findings],
        verdict === 'FAIL' ? [] : notes,
      ]),
    )
  })
})

describe('the independent verifier', () => {
  const isThere = () => ['python3', 'openssl'].every(isOnPath)
  needs('python3 and openssl', isThere)(
    'prints the same line about each of the shared bundles, byte for byte',
    async () => {
      const printed = await runScriptOver(vectors)
      const wrong = vectors.cases.flatMap(({ name, exit, line }, at) => {
        const [code, text] = printed[at] ?? []
        return code === exit && text === line ? [] : [{ name, code, text, line }]
      })
      expect(wrong).toEqual([])
    },
    60_000,
  )
})
