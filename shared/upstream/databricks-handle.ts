import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { UpstreamCall } from '../pipeline/ports.ts'

/** What a handle says: which statement, until when (epoch ms), and how many rows of its result were permitted. */
export interface Handle {
  readonly statementId: string
  readonly expiresAt: number
  readonly rowLimit: number
}

/** Results are kept for an hour. */
export const handleLifeMs = 60 * 60_000

/**
 * A handle is bound to backend, tenant, person, agent and the very text that was judged, under a key of the gateway's.
 * Somebody else's statement, one that was submitted past the gateway, or another statement's text has no handle.
 */
export function writeHandle(key: Uint8Array, handle: Handle, bound: Bound): string {
  const fields = [handle.statementId, handle.expiresAt.toString(36), handle.rowLimit.toString(36), bound.digest]
  return [...fields, sign(key, fields, bound)].join('.')
}

/** Whom and what a handle is for; `digest` is that of the judged text. */
export interface Bound {
  readonly backend: string
  readonly tid: string
  readonly oid: string
  readonly actor: string
  readonly digest: string
}

/** Whom a call's handles are for; where the call judged no statement, the handle's own digest stands. */
export function boundTo({ invocation, principal, understood }: UpstreamCall, text: string): Bound {
  const { digest } = readFields(text)
  const judged = understood.statement?.text
  const own = judged === undefined ? digest : digestText(judged)
  return {
    backend: invocation.backend.name,
    tid: principal.tid,
    oid: principal.oid,
    actor: principal.actor,
    digest: own,
  }
}

/** Short SHA-256 of a judged text. */
export function digestText(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 32)
}

/** The handle, or null where it is not one of ours for this person, this agent and this statement, or has expired. */
export function readHandle(
  key: Uint8Array,
  text: string,
  { bound, now }: { bound: Bound; now: number },
): Handle | null {
  const { fields, mac, digest } = readFields(text)
  const expected = Buffer.from(sign(key, fields, bound))
  const given = Buffer.from(mac)
  if (digest !== bound.digest || given.length !== expected.length || !timingSafeEqual(given, expected)) return null
  const [statementId = '', expiry = '', limit = ''] = fields
  const expiresAt = Number.parseInt(expiry, 36)
  return now < expiresAt ? { statementId, expiresAt, rowLimit: Number.parseInt(limit, 36) } : null
}

function readFields(text: string) {
  const parts = text.split('.')
  return { fields: parts.slice(0, 4), digest: parts[3] ?? '', mac: parts.slice(4).join('.') }
}

function sign(key: Uint8Array, fields: readonly string[], bound: Bound): string {
  const { backend, tid, oid, actor, digest } = bound
  const message = JSON.stringify(['countersign/databricks-handle/v1', backend, tid, oid, actor, digest, ...fields])
  return createHmac('sha256', key).update(message).digest('base64url')
}
