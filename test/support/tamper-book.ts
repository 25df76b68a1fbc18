// The book that the tamper suite attacks: written by the real writer into real tables, sealed by the real sealer into real
// blobs, on a clock of its own.
import { createSecretKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import type { AnchorStore, NoteSigner } from '../../shared/audit/anchor-log.ts'
import { noteKeyId } from '../../shared/audit/checkpoint.ts'
import { runSealer } from '../../shared/audit/sealer.ts'
import type { RowStore } from '../../shared/audit/store.ts'
import type { VerifyKey } from '../../shared/audit/verify-row.ts'
import { type AuditWriter, createAuditWriter } from '../../shared/audit/writer.ts'
import { called, heartbeat, permitted, recordCall } from '../unit/audit/fixture.ts'
import type { Snapshot } from './tamper-store.ts'

export const origin = 'audit.test/tamper'
export const firstKid = 'audit-hmac-2026-11/0a1b2c3d'
export const secondKid = 'audit-hmac-2026-12/4e5f6a7b'
const begin = Date.parse('2026-11-30T23:00:00.000Z')

export const hmacKeys: Readonly<Record<string, KeyObject>> = {
  [firstKid]: createSecretKey(Buffer.alloc(32, 7)),
  [secondKid]: createSecretKey(Buffer.alloc(32, 8)),
}
export const logKey = generateKeyPairSync('ec', { namedCurve: 'P-256' })
export const strangeLogKey = generateKeyPairSync('ec', { namedCurve: 'P-256' })

export function signWith({ privateKey, publicKey }: typeof logKey): NoteSigner {
  return async (text) => ({ keyId: noteKeyId(publicKey), signature: sign('sha256', text, privateKey) })
}

/** The verifier's keys; the first month's expires an hour after it was last used. */
export async function findKey(kid: string): Promise<VerifyKey | null> {
  const key = hmacKeys[kid]
  if (key === undefined) return null
  return kid === firstKid ? { key, retiredAt: new Date(begin + 2 * 3_600_000).toISOString() } : { key }
}

/** A clock that only moves when it is told to, and what is opened on it. */
export interface Desk {
  now: number
  kid: string
  readonly rows: RowStore
  readonly evidence: AnchorStore
}

export function openDesk(stores: { rows: RowStore; evidence: AnchorStore }): Desk {
  return { now: begin, kid: firstKid, ...stores }
}

/** A real writer on that clock. */
function openWriter(desk: Desk, segmentRows = 100_000): AuditWriter {
  const keys = { current: async () => ({ kid: desk.kid, key: hmacKeys[desk.kid] as KeyObject }) }
  return createAuditWriter({
    ...{ rows: desk.rows, keys, origin, random: randomBytes, limits: { segmentRows, deadline: 60_000 } },
    clock: () => desk.now,
  })
}

/** One run of the real sealer, a minute later; throws where it refuses anything. */
async function seal(desk: Desk): Promise<void> {
  desk.now += 60_000
  const run = await runSealer({
    ...{ rows: desk.rows, keys: findKey, store: desk.evidence, sign: signWith(logKey) },
    ...{ publicKey: logKey.publicKey, origin, clock: () => desk.now },
  })
  if (run.refused.length > 0 || run.isLost) throw new Error(`not sealed: ${JSON.stringify(run.refused)}`)
}

export interface TamperedBook {
  /** What was stored after each run of the sealer, and at the end. */
  readonly states: readonly Snapshot[]
  readonly last: Snapshot
  /** Epoch milliseconds at the end. */
  readonly now: number
}

/**
 * L01: segments 1 (rows 0 to 8, calls d0 to d3), 2 (9 to 17, calls d4 to d7, the key changes with row 13) and 3 (18 to 26, calls
 * d8 to d11); L02: one segment of 12 rows with a row above 64 KiB, a refused call, a released and a used approval, and an
 * intent whose outcome stands in L03, which has three rows. Anchored: L01 up to 8, 12, 21, 24, L02 up to 4 and 11, L03 up to 2.
 * Rows 25 and 26 of L01 are not anchored.
 */
export async function writeBook(desk: Desk, take: () => Promise<Snapshot>): Promise<TamperedBook> {
  const one = openWriter(desk, 9)
  const two = openWriter(desk)
  const states: Snapshot[] = []
  const keep = async () => {
    await seal(desk)
    states.push(await take())
  }
  await callAll(desk, one, ['d0', 'd1', 'd2', 'd3'])
  await callOne(desk, two, 'e0')
  const reads = Array.from({ length: 6000 }, (_, index) => `schema_${index}.table_${index}`)
  await recordCall(two, 'e1', { reads })
  await keep()
  await callAll(desk, one, ['d4', 'd5'])
  await keep()
  desk.kid = secondKid
  await callAll(desk, one, ['d6', 'd7', 'd8', 'd9'])
  await writeRest(desk, two)
  await keep()
  await one.recordEvent(heartbeat)
  await callOne(desk, one, 'd10')
  await keep()
  await callOne(desk, one, 'd11')
  return { states, last: await take(), now: desk.now }
}

async function callAll(desk: Desk, writer: AuditWriter, ids: readonly string[]): Promise<void> {
  for (const id of ids) await callOne(desk, writer, id)
}

async function callOne(desk: Desk, writer: AuditWriter, id: string): Promise<void> {
  desk.now += 1000
  const inputs = JSON.stringify({ question: `about ${id}` })
  await recordCall(writer, id, { personal: { inputs, statement: `select '${id}'` } })
}

/** What L02 and L03 hold after the change of key: a refusal, an approval that was released and used, a crossing pair. */
async function writeRest(desk: Desk, two: AuditWriter): Promise<void> {
  const refused = await two.recordRefused({ ...permitted('e2'), verdict: 'deny' })
  await two.recordOutcome(refused, called({ status: 'not-called', code: 'policy_denied' }))
  const approval = { id: 'apr_1', voters: ['v1'] }
  const released = await two.recordPermitted(permitted('e3', { approval }))
  await two.recordOutcome(released, called({ status: 'not-called', code: 'backend_failed' }))
  await recordCall(two, 'e4', { approval })
  const crossing = await two.recordPermitted(permitted('e5'))
  const three = openWriter(desk)
  await three.recordOutcome(crossing, called())
  await three.recordEvent(heartbeat)
}
