import { createCipheriv, createDecipheriv, hkdfSync, type KeyObject } from 'node:crypto'
import { encodeFields } from '../audit/chain.ts'
import type { SealKeys } from './seal.ts'

/** What a voter had typed when a stronger sign-in was asked for, and for what they had typed it. */
export interface ResumedVote {
  readonly tid: string
  readonly voter: string
  readonly id: string
  readonly digest: string
  readonly decision: string
}

const version = 'r1'
/** Milliseconds: as long as a token is fresh enough for a vote. */
const goodForMs = 15 * 60_000
const cipher = 'aes-256-gcm'
const [keySize, nonceSize, tagSize] = [32, 12, 16]

/**
 * The words of a vote as a token that the voter's own page keeps over a sign-in: AES-256-GCM under a key derived from the
 * vault's, bound to voter, approval, digest and decision, for 15 minutes. Nothing is kept here, so there is nothing to
 * remove; who holds the token alone can neither read it nor vote with it. `nonce` is 12 random bytes in hex.
 */
export async function writeResume(
  { vote, text, now, nonce }: { vote: ResumedVote; text: string; now: number; nonce: string },
  keys: SealKeys,
): Promise<string> {
  const { kid, key } = await keys.current()
  const iv = Buffer.from(nonce, 'hex')
  const sealing = createCipheriv(cipher, resumeKey(key), iv)
  const until = String(now + goodForMs)
  sealing.setAAD(bindingOf(vote, kid, until))
  const bytes = Buffer.concat([iv, sealing.update(text, 'utf8'), sealing.final(), sealing.getAuthTag()])
  return [version, Buffer.from(kid).toString('base64url'), until, bytes.toString('base64url')].join('.')
}

/** The words, or null where the token is for another vote, too old, or none that was made here. */
export async function readResume(
  { vote, token, now }: { vote: ResumedVote; token: string; now: number },
  keys: SealKeys,
): Promise<string | null> {
  const [form, name = '', until = '', content = '', more] = token.split('.')
  if (form !== version || more !== undefined || !/^\d{13,15}$/.test(until) || now >= Number(until)) return null
  const kid = Buffer.from(name, 'base64url').toString('utf8')
  const key = await findKey(kid, keys)
  const sealed = Buffer.from(content, 'base64url')
  if (key === null || sealed.length < nonceSize + tagSize) return null
  return open({ key, sealed, binding: bindingOf(vote, kid, until) })
}

function open({ key, sealed, binding }: { key: KeyObject; sealed: Buffer; binding: Buffer }): string | null {
  const end = sealed.length - tagSize
  const opening = createDecipheriv(cipher, resumeKey(key), sealed.subarray(0, nonceSize), { authTagLength: tagSize })
  opening.setAAD(binding)
  opening.setAuthTag(sealed.subarray(end))
  try {
    return Buffer.concat([opening.update(sealed.subarray(nonceSize, end)), opening.final()]).toString('utf8')
  } catch {
    return null
  }
}

/** HKDF-SHA-256 of the chain's key, for nothing else. */
function resumeKey(key: KeyObject): Buffer {
  return Buffer.from(hkdfSync('sha256', key, new Uint8Array(), 'countersign/approval-resume/v1', keySize))
}

function bindingOf({ tid, voter, id, digest, decision }: ResumedVote, kid: string, until: string): Buffer {
  return encodeFields(['approval-resume/v1', kid, until, tid, voter, id, digest, decision])
}

/** Only names that a vault's key may have are looked up: the token comes from outside. */
async function findKey(kid: string, keys: SealKeys): Promise<KeyObject | null> {
  const current = await keys.current()
  if (current.kid === kid) return current.key
  return /^[\w-]{1,64}\/[0-9a-z]{1,16}$/.test(kid) ? ((await keys.find(kid))?.key ?? null) : null
}
