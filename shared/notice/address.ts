import * as z from 'zod'
import type { NoticeChannel } from './notice.ts'

/** Where a channel's messages go, and what a webhook's are signed with. */
export interface Address {
  readonly url: string
  readonly key: Uint8Array | null
}

const schema = () =>
  z.strictObject({
    url: z.url({ protocol: /^https$/ }),
    key: z.string().regex(/^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/),
  })

/**
 * Reads a channel's secret: of a Teams workflow the https address alone, of a webhook `{"url":"https://…",
 * "key":"whsec_…"}` with 24 to 64 bytes of key in base64. Null where it is neither; it is never quoted.
 */
export function readAddress(kind: NoticeChannel['kind'], secret: string): Address | null {
  if (kind === 'teams') return URL.canParse(secret) && secret.startsWith('https://') ? { url: secret, key: null } : null
  const parsed = schema().safeParse(parseJson(secret))
  if (!parsed.success) return null
  const key = Buffer.from(parsed.data.key.slice('whsec_'.length), 'base64')
  return key.length >= 24 && key.length <= 64 ? { url: parsed.data.url, key } : null
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
