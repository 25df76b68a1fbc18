import { createHmac } from 'node:crypto'
import type { Notice } from './notice.ts'

/** A signed request. */
export interface SignedMessage {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** The body of a generic webhook: `{type, timestamp, data}`, with the console's address under `data.console`. */
export function makeWebhookBody({ kind, time, data, place }: Notice, publicUrl: string): string {
  const type = `countersign.${kind.replaceAll('-', '_')}`
  return JSON.stringify({ type, timestamp: time, data: { ...data, console: `${publicUrl}/console${place}` } })
}

/**
 * Signs a message as Standard Webhooks 1.0 says: HMAC-SHA-256 over `id.timestamp.body` under the key, base64 after `v1,`.
 * `seconds` is the Unix time of this very attempt; the id is the same in each, and is what a receiver tells repeats by.
 */
export function signWebhook(key: Uint8Array, message: { id: string; seconds: number; body: string }): SignedMessage {
  const { id, seconds, body } = message
  const signature = createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64')
  return {
    body,
    headers: { 'webhook-id': id, 'webhook-timestamp': String(seconds), 'webhook-signature': `v1,${signature}` },
  }
}
