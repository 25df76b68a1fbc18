import { createHmac } from 'node:crypto'
import type { Json } from '../pipeline/ports.ts'

/** Key material for keyed tokens: one secret, told apart by tenant and label; `version` goes into every token. */
export interface TokenKey {
  readonly version: string
  readonly tenant: string
  readonly secret: Uint8Array
}

const rememberedValues = 10_000
/** Longest mail address (RFC 3696, erratum 1690, allows less). */
const longestMail = 320

/**
 * Keyed tokens of one label, and of one purpose where one is named: `<version>_` and 22 characters of base64url (the first 128 bits of HMAC-SHA-256). Equal
 * values give equal tokens within tenant, label and purpose, so joins still work; nobody without the key can guess values back.
 */
export function makeTokens(key: TokenKey, label: string, purpose?: string): (value: string) => string {
  const secret = createHmac('sha256', key.secret)
    .update(JSON.stringify(['mask/v1', key.tenant, label, ...(purpose === undefined ? [] : [purpose])]))
    .digest()
  const known = new Map<string, string>()
  return (value) => {
    const found = known.get(value)
    if (found !== undefined) return found
    const digest = createHmac('sha256', secret).update(value).digest()
    const token = `${key.version}_${digest.subarray(0, 16).toString('base64url')}`
    if (known.size < rememberedValues) known.set(value, token)
    return token
  }
}

/** Shows a little: first letter and domain of a mail address, the last `keep` characters of anything else, or fewer. */
export function showPart(value: string, keep = 4): string {
  // The expression's cost grows with the square of the length, which whoever wrote the value decides.
  const mail = value.length > longestMail ? null : /^([^\s@]+)@([^\s@]+\.[^\s@]+)$/.exec(value)
  if (mail !== null) return maskMail(mail[1] ?? '', mail[2] ?? '')
  const characters = [...value]
  // A third at most, so that a short value is not shown whole.
  const shown = Math.min(keep, Math.floor(characters.length / 3))
  return shown < Math.min(2, keep) ? '***' : `***${characters.slice(-shown).join('')}`
}

/** Masks every scalar inside a value; members and items stay. Null stays null, a boolean becomes null. */
export function maskScalars(value: Json, change: (text: string) => string): Json {
  if (typeof value === 'string') return change(value)
  if (typeof value === 'number') return change(String(value))
  if (value === null || typeof value === 'boolean') return null
  if (Array.isArray(value)) return value.map((item: Json) => maskScalars(item, change))
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, maskScalars(item, change)]))
}

function maskMail(local: string, domain: string): string {
  const letters = [...local]
  return letters.length < 3 ? `***@${domain}` : `${letters[0]}***@${domain}`
}
