import { createHash } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Evidence, openEvidence } from '../../../shared/audit/evidence-source.ts'
import { drawSample, rankDecision, type SampleOrder } from '../../../shared/audit/sample.ts'
import { type BundleBook, createSigner, pairOf, writeBook } from '../../support/bundles/book.ts'

const always: SampleOrder = { size: 3, seed: '7', from: '2026-11-22T00:00:00.000Z', to: '2026-11-22T23:59:59.999Z' }
const ids = ['d0', 'd1', 'd2', 'd3', 'd4', 'd5', 'e0']

let book: BundleBook
let evidence: Evidence

beforeAll(async () => {
  book = await writeBook(pairOf('a sample'), createSigner([]))
  evidence = await openEvidence(book.source)
})

const draw = async (more: Partial<SampleOrder> = {}) => drawSample(evidence, { ...always, ...more })
const idsOf = ({ drawn }: Awaited<ReturnType<typeof draw>>) => drawn.map(({ decisionId }) => decisionId)

describe('a sample', () => {
  it('is the decisions of the lowest ranks, which anybody can compute', async () => {
    const rank = (id: string) => createHash('sha256').update(`7\n${id}`).digest('hex')
    const expected = [...ids].sort((a, b) => (rank(a) < rank(b) ? -1 : 1)).slice(0, 3)
    expect([idsOf(await draw()), (await draw()).population]).toEqual([expected, ids.length])
    expect(rankDecision('7', 'd0')).toBe(rank('d0'))
  })

  it('is the same for the same seed and another for another', async () => {
    expect(idsOf(await draw())).toEqual(idsOf(await draw()))
    const others = await Promise.all(['8', '9', '10'].map((seed) => draw({ seed })))
    expect(others.some((other) => idsOf(other).join() !== idsOf(others[0] ?? other).join())).toBe(true)
  })

  it('holds the whole population where that is smaller, and only decisions of the time asked for', async () => {
    expect(idsOf(await draw({ size: 100 })).sort()).toEqual(ids)
    const part = await draw({ size: 100, to: '2026-11-22T10:00:02.500Z' })
    expect([part.population, idsOf(part).sort()]).toEqual([2, ['d0', 'd1']])
  })

  it('gives intent and outcome with their places and proofs that hold', async () => {
    const rows = (await draw({ size: 100 })).drawn.flatMap((one) => one.rows)
    expect(rows.map(({ proof }) => proof)).toEqual(Array(14).fill('holds'))
    expect(rows.filter(({ kind }) => kind === 'outcome')).toHaveLength(7)
  })

  it('says where a row is no longer what was anchored', async () => {
    const entity = [...book.rows.tables.rows.values()].find(({ properties }) => properties.decisionId === 'e0')
    const bytes = entity?.properties.c as Buffer
    const changed = Buffer.from(Buffer.from(bytes).toString().replace('sales.orders', 'sales.others'))
    Object.assign(entity?.properties ?? {}, { c: changed })
    const { drawn } = await draw({ size: 100 })
    const proofs = drawn.find(({ decisionId }) => decisionId === 'e0')?.rows.map(({ proof }) => proof)
    expect(proofs).toEqual(['fails', 'fails'])
  })
})
