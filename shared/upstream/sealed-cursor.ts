import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import { Problem } from '../errors/problem.ts'
import type { UpstreamCall } from '../pipeline/ports.ts'

const label = 'countersign/cursor/v1'
const version = 'c1.'

/**
 * Seals what a service gave to go on with: it may hold values of the last row. Nobody can read it or make one, and it is
 * of use only to the same person, through the same agent, for the same operation with the same other inputs. The nonce
 * is a MAC of what is sealed (a synthetic IV, as RFC 5297 has it), so that no chance is needed.
 */
export function sealCursor(secret: Uint8Array, text: string, call: UpstreamCall): string {
  const aad = boundTo(call)
  const nonce = nonceOf(secret, aad, text)
  const cipher = createCipheriv('aes-256-gcm', keyOf(secret, 'seal'), nonce).setAAD(aad)
  const sealed = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
  return version + sealed.toString('base64url')
}

/** What was sealed; throws Problem `input_invalid` for a cursor that is not of this very call. */
export function openCursor(secret: Uint8Array, cursor: string, call: UpstreamCall): string {
  const aad = boundTo(call)
  const bytes = Buffer.from(cursor.startsWith(version) ? cursor.slice(version.length) : '', 'base64url')
  if (bytes.length < 28) throw refuse()
  const nonce = bytes.subarray(0, 12)
  const decipher = createDecipheriv('aes-256-gcm', keyOf(secret, 'seal'), nonce).setAAD(aad)
  decipher.setAuthTag(bytes.subarray(-16))
  try {
    const text = Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]).toString('utf8')
    if (timingSafeEqual(nonce, nonceOf(secret, aad, text))) return text
  } catch {
    // Not ours, or not of this call: the same answer to both.
  }
  throw refuse()
}

function refuse(): Problem {
  return new Problem('input_invalid', 'The cursor is not of this call: begin anew without one.', {
    faults: [{ pointer: '/cursor', detail: 'is not of this call' }],
    next: { action: 'change_input' },
    reason: 'not_called:cursor',
  })
}

/** Everything but the cursor itself and how much is asked for at once. */
function boundTo({ invocation, principal }: UpstreamCall): Buffer {
  const { cursor: _cursor, limit: _limit, ...inputs } = invocation.inputs
  const { tid, oid, actor } = principal
  const sorted = Object.entries(inputs).sort(([a], [b]) => (a < b ? -1 : 1))
  const message = JSON.stringify([label, invocation.backend.name, invocation.operationName, tid, oid, actor, sorted])
  return createHash('sha256').update(message).digest()
}

function nonceOf(secret: Uint8Array, aad: Buffer, text: string): Buffer {
  return createHmac('sha256', keyOf(secret, 'nonce')).update(aad).update(text).digest().subarray(0, 12)
}

function keyOf(secret: Uint8Array, use: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', `${label}/${use}`, 32))
}
