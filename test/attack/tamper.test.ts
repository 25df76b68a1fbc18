import { createSecretKey, type KeyObject } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tableNames } from '../../shared/audit/store.ts'
import { readStoredChain } from '../../shared/audit/stored-chain.ts'
import { createTableRows } from '../../shared/audit/table-rows.ts'
import { type VerifyReport, verifyChain } from '../../shared/audit/verify.ts'
import { openAnchorLog } from '../../shared/audit/verify-anchor-log.ts'
import {
  findKey,
  firstKid,
  logKey,
  openDesk,
  origin,
  strangeLogKey,
  type TamperedBook,
  writeBook,
} from '../support/tamper-book.ts'
import type { Place, TamperCase } from '../support/tamper-case.ts'
import { anchorCases, keyCases, rewriteCases } from '../support/tamper-cases-anchors.ts'
import { headCases, rollbackCases } from '../support/tamper-cases-lanes.ts'
import { lawfulCases, openingCases, pairCases } from '../support/tamper-cases-pairs.ts'
import { encodingCases, orderCases, singleRowCases } from '../support/tamper-cases-rows.ts'
import { startTamperServers, type TamperServers } from '../support/tamper-servers.ts'
import { copySnapshot, type Mover, openAdministrator, type Snapshot, takeSnapshot } from '../support/tamper-store.ts'
import { checkpointsOf, get } from '../support/tamper-tools.ts'

const names = tableNames('tampered')

let servers: TamperServers
let book: TamperedBook
let move: Mover

const openRows = () =>
  createTableRows({
    ...{ account: { connectionString: servers.tables }, names, create: true },
    ...{ allowInsecure: true, timeout: 30_000 },
  })

beforeAll(async () => {
  servers = await startTamperServers()
  move = openAdministrator(servers, names)
  const rows = openRows()
  const desk = openDesk({ rows, evidence: servers.evidence('sealer') })
  book = await writeBook(desk, () => takeSnapshot(rows, servers.container))
}, 60_000)
afterAll(() => servers.stop())

/** As `audit:verify --full` does: the tables by the product's client, the anchors under the pinned key. */
async function verify(one: TamperCase): Promise<VerifyReport> {
  const rows = openRows()
  return verifyChain({
    source: readStoredChain(rows),
    keys: (kid) => askVault(one.vault, kid),
    // Soon after the last row: what waits for its anchor is not late yet, what waits for its outcome is.
    now: book.now + 30_000,
    grace: 10_000,
    openings: (partition, id) => rows.read('pii', partition, id),
    anchors: () => readAnchors(one),
    requireAnchors: true,
    sealed: servers.evidence('verifier').readSegment,
  })
}

async function askVault(tampered: TamperCase['vault'], kid: string) {
  const found = await findKey(kid)
  if (kid !== firstKid || found === null) return found
  if (tampered === 'no first key') return null
  if (tampered === 'another secret') return { ...found, key: createSecretKey(Buffer.alloc(32, 99)) }
  return tampered === 'first key retired early' ? { ...found, retiredAt: retiredEarly() } : found
}

/** Between the first state and the row after it. */
function retiredEarly(): string {
  return new Date(Date.parse(String(get(book.last.rows, 'L01|000002\u0000r0000000000000009').ts)) - 1).toISOString()
}

async function readAnchors({ keeps, vault }: TamperCase) {
  const evidence = servers.evidence('verifier')
  const [lines, note] = [await evidence.readLines(), await evidence.readCheckpoint()]
  if (lines.length === 0 && note === null) return null
  const publicKey: KeyObject = vault === 'another signing key' ? strangeLogKey.publicKey : logKey.publicKey
  const since = keeps === undefined ? [] : [newestNote(book.states[keeps] as Snapshot)]
  return openAnchorLog({ lines, note: note ?? '', origin, publicKey, since })
}

function newestNote(state: Snapshot): string {
  return get(state.blobs, checkpointsOf(state).at(-1) ?? '').toString('utf8')
}

function placesOf({ findings }: VerifyReport): string[] {
  return findings.map(({ kind, lane, seq, toSeq = seq }) => `${kind} ${lane} ${seq}-${toSeq}`).sort()
}

function wordsOf(places: readonly Place[]): string[] {
  return places.map(([kind, lane, seq, toSeq = seq]) => `${kind} ${lane} ${seq}-${toSeq}`).sort()
}

async function check(one: TamperCase): Promise<void> {
  const copy = copySnapshot(book.last)
  await one.tamper(copy, book.states)
  try {
    await move(book.last, copy)
    const report = await verify(one)
    expect(placesOf(report)).toEqual(wordsOf(one.finds))
    expect(report.verdict).toBe(one.verdict ?? 'FAIL')
    if (one.anchored) expect(report.anchoredUpTo?.lanes).toEqual(one.anchored)
  } finally {
    await move(copy, book.last)
  }
}

describe('one row', () => {
  it.each(singleRowCases)('is named where somebody changed $name ($by)', check)
})

describe('the order of rows', () => {
  it.each(orderCases)('is vouched for: $name ($by)', check)
})

describe('the form of a row', () => {
  it.each(encodingCases)('is checked though its MAC is right: $name ($by)', check)
})

describe('a head', () => {
  it.each(headCases)('is vouched for: $name ($by)', check)
})

describe('what was rolled back or taken away', () => {
  it.each(rollbackCases)('is named: $name ($by)', check)
})

describe('a book written anew with its keys', () => {
  it.each(rewriteCases)('is named by its anchors: $name ($by)', check)
})

describe('the anchors', () => {
  it.each(anchorCases)('are vouched for: $name ($by)', check)
})

describe('the keys', () => {
  it.each(keyCases)('are vouched for: $name ($by)', check)
})

describe('intents and outcomes', () => {
  it.each(pairCases)('belong together: $name ($by)', check)
})

describe('openings', () => {
  it.each(openingCases)('say what the row commits to: $name ($by)', check)
})

describe('what is lawful', () => {
  it.each(lawfulCases)('is no finding: $name', check)
})
