import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Bench, benchKeys, createBench } from '../support/hostile/bench.ts'
import { createForge } from '../support/hostile/forge.ts'
import { findFaults, routeNames, standingOf } from '../support/hostile/judge.ts'
import { referenceRequests } from '../support/hostile/reference-rows.ts'
import { bearer } from '../support/hostile/row.ts'
import {
  acceptedRows,
  allRows,
  applicationRows,
  challengeOf,
  refusedRows,
  secretsOf,
  tableRows,
} from '../support/hostile/rows.ts'
import { standingRows } from '../support/hostile/standing-rows.ts'
import table from '../support/hostile-tokens.json' with { type: 'json' }
import { noon } from '../support/line-world.ts'
import { ids } from '../support/tokens.ts'

const forge = createForge({ now: () => noon / 1000, keys: benchKeys })
let bench: Bench

beforeAll(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: noon })
  bench = createBench()
})
afterAll(() => void vi.useRealTimers())

describe('hostile token', () => {
  it('covers every row of the table that the token decides, and each row once', () => {
    const decided = table.cases.filter(({ id }) => /^[TJC]/.test(id) || referenceRequests[id] !== undefined)
    expect(tableRows.map(({ id }) => id)).toEqual(decided.map(({ id }) => id))
    expect(new Set(allRows.map(({ id }) => id)).size).toBe(allRows.length)
    expect(refusedRows.length + acceptedRows.length + applicationRows.length).toBe(allRows.length)
  })

  it.each(refusedRows)('$id is refused: $title', async (row) => {
    const sent = row.send(forge)
    const outcome = await bench.ask(sent)
    const { status, code, reason, world } = outcome
    expect({ status, code, reason }).toEqual({ status: row.status, code: row.code, reason: row.reason })
    expect([world.rows, world.exchanges, world.calls, world.used]).toEqual([[], [], [], []])
    expect(secretsOf(row, sent).filter((secret) => outcome.text.includes(secret))).toEqual([])
    const wanted = challengeOf(row.id)
    if (wanted !== undefined) expect(outcome.headers['www-authenticate'] ?? null).toBe(wanted)
  })

  it.each(applicationRows)('$id gets no data: $title', async (row) => {
    const { status, code, world } = await bench.ask(row.send(forge))
    expect([status, code]).toEqual([row.status, row.code])
    expect([world.rows.length, world.exchanges, world.calls]).toEqual([2, [], []])
  })

  it.each(acceptedRows)('$id is accepted: $title', async (row) => {
    const { status, world } = await bench.ask(row.send(forge))
    expect(status).toBe(200)
    expect(world.exchanges[0]?.principal).toMatchObject({ tid: ids.home, oid: ids.alice, actor: ids.agent })
  })

  it.each(standingRows)('with $title counts as what it shows', async ({ claims, standing }) => {
    expect(standingOf(await bench.ask(bearer(forge.mint({ claims }))))).toEqual(standing)
  })

  it('says the same of every token that is not valid', async () => {
    const invalid = refusedRows.filter(({ code }) => code === 'token_invalid')
    const said = await Promise.all(
      invalid.map(async (row) => {
        const { body, headers } = await bench.ask(row.send(forge))
        return JSON.stringify([
          { ...body, instance: '' },
          { ...headers, traceparent: '' },
        ])
      }),
    )
    expect(new Set(said).size).toBe(1)
    expect(said[0]).toContain(ids.api)
  })

  it('is refused alike on every route that takes one', async () => {
    expect(routeNames.length).toBe(11)
    expect(await findFaults(bench, forge)).toEqual([])
  })
})
