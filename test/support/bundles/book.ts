// The book behind bundles.json: rows by the real writer, anchored by the real sealer, all from fixed key, clock and chance.
// Signatures of ECDSA differ each time, so those that an earlier run made are used again wherever they verify.
import { createECDH, createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import { type AnchorFacts, anchorLine } from '../../../shared/audit/anchor.ts'
import type { NoteSigner } from '../../../shared/audit/anchor-log.ts'
import { leafDigest } from '../../../shared/audit/chain.ts'
import { checkpointText, formatCheckpoint, noteKeyId } from '../../../shared/audit/checkpoint.ts'
import type { EvidenceSource } from '../../../shared/audit/evidence-source.ts'
import { treeRoot } from '../../../shared/audit/merkle.ts'
import { runSealer } from '../../../shared/audit/sealer.ts'
import { heartbeat, key, kid, openWriter, origin, recordCall } from '../../unit/audit/fixture.ts'
import { createMemoryAnchors, type MemoryAnchors } from '../../unit/audit/memory-anchors.ts'
import { createMemoryRows, type MemoryRows } from '../../unit/audit/memory-rows.ts'

/** A pair of keys from a word: the same on every run, and of no use for anything else. */
export function pairOf(word: string): { privateKey: KeyObject; publicKey: KeyObject } {
  const curve = createECDH('prime256v1')
  const d = createHash('sha256').update(word).digest()
  curve.setPrivateKey(d)
  const point = curve.getPublicKey()
  const part = (bytes: Buffer) => bytes.toString('base64url')
  const jwk = { kty: 'EC', crv: 'P-256', x: part(point.subarray(1, 33)), y: part(point.subarray(33)), d: part(d) }
  const privateKey = createPrivateKey({ format: 'jwk', key: jwk })
  return { privateKey, publicKey: createPublicKey(privateKey) }
}

export type Pair = ReturnType<typeof pairOf>

/** Signs, or takes a known signature of this text. */
export function createSigner(known: readonly string[]) {
  const used = new Set<string>()
  const signText = (text: Uint8Array, { privateKey, publicKey }: Pair): Buffer => {
    const again = known.find((one) => verify('sha256', text, publicKey, Buffer.from(one, 'base64')))
    const signature = again ? Buffer.from(again, 'base64') : sign('sha256', text, privateKey)
    used.add(signature.toString('base64'))
    return signature
  }
  const noteSigner = (pair: Pair): NoteSigner => {
    return async (text) => ({ keyId: noteKeyId(pair.publicKey), signature: signText(text, pair) })
  }
  return { signText, noteSigner, used: () => [...used].sort() }
}

export type Signer = ReturnType<typeof createSigner>

export interface BundleBook {
  readonly rows: MemoryRows
  readonly anchors: MemoryAnchors
  readonly source: EvidenceSource
  /** The checkpoint between the two runs of the sealer. */
  readonly early: string
}

const begin = Date.parse('2026-11-22T10:00:00.000Z')

/**
 * L01: rows 0 to 8 sealed, 9 to 14 open and anchored at 12 and 15; L02: rows 0 to 2. The report of the day before is told
 * by row 14 of L01.
 */
export async function writeBook(pair: Pair, signer: Signer): Promise<BundleBook> {
  const rows = createMemoryRows()
  const anchors = createMemoryAnchors()
  let now = begin
  let drawn = 0
  const clock = () => now
  const random = (size: number) => createHash('sha512').update(`draw ${drawn++}`).digest().subarray(0, size)
  const open = (more: object = {}) => openWriter(rows, { clock, random, ...more })
  const seal = () =>
    runSealer({
      ...{ rows, keys: async (id: string) => (id === kid ? { key } : null), store: anchors, origin, clock },
      ...{ sign: signer.noteSigner(pair), publicKey: pair.publicKey },
    })
  const one = open({ limits: { segmentRows: 9 } })
  for (let index = 0; index < 5; index++) {
    now += 1000
    await recordCall(one, `d${index}`, index === 1 ? { approval: { id: 'a1', voters: ['v1'] } } : {})
  }
  await one.recordEvent(heartbeat)
  now += 1000
  await seal()
  const early = anchors.newest()
  now += 60_000
  await recordCall(one, 'd5')
  await one.recordEvent({ kind: 'report', detail: { date: '2026-11-21', verdict: 'PASS', digest: reportDigest } })
  const two = open()
  await recordCall(two, 'e0')
  await Promise.all([one.close(), two.close()])
  now += 1000
  await seal()
  const readSegment = async (name: string) => anchors.segments.get(name) ?? null
  return { rows, anchors, early, source: { log: anchors, readSegment, rows, publicKey: pair.publicKey } }
}

/** A nightly report, as far as a bundle looks at it. */
export const reportText = '{"date":"2026-11-21","verdict":"PASS"}\n'
const reportDigest = createHash('sha256').update(reportText).digest('hex')

/** Lines of a segment, and who anchors them. */
export interface Anchoring {
  readonly pair: Pair
  readonly signer: Signer
  readonly facts: readonly AnchorFacts[]
  readonly times?: readonly string[]
}

/** An anchor log of these facts, signed: what somebody with the log's key could make. */
export function anchorFacts({ pair, signer, facts, times = [] }: Anchoring): { lines: string[]; note: string } {
  const lines = facts.map((fact, index) =>
    anchorLine({ ...fact, v: 1, origin, index, time: times[index] ?? '2026-11-22T10:02:00.000Z' }),
  )
  const root = treeRoot(lines.map((line) => leafDigest(Buffer.from(line))))
  return { lines, note: signRoot({ pair, signer }, { size: lines.length, root }) }
}

export function signRoot(
  { pair, signer }: Pick<Anchoring, 'pair' | 'signer'>,
  head: { size: number; root: Uint8Array; origin?: string },
): string {
  const checkpoint = { origin, ...head }
  const signature = signer.signText(checkpointText(checkpoint), pair)
  return formatCheckpoint(checkpoint, { name: checkpoint.origin, keyId: noteKeyId(pair.publicKey), signature })
}

/** The fact that anchors these lines as the beginning of a lane's first segment. */
export function headOf(lane: string, lines: readonly string[]): AnchorFacts {
  const root = treeRoot(lines.map((line) => leafDigest(Buffer.from(line))))
  const times = { from: '2026-11-22T10:00:00.000Z', to: '2026-11-22T10:01:30.000Z' }
  const mac = 'ab'.repeat(32)
  const digest = Buffer.from(root).toString('hex')
  return {
    kind: 'heads',
    heads: [{ lane, segment: 1, first: 0, nextSeq: lines.length, mac, root: digest, ...times }],
  }
}
