import { type JsonObject, parseJsonObject } from './json-object.ts'
import { type Reading, tokenInvalid } from './refusal.ts'

/** A token taken apart but not yet believed: nothing in it is proven before its signature held. */
export interface UnprovenToken {
  readonly token: string
  readonly kid: string
  readonly claims: JsonObject
}

const forbiddenHeaders = ['crit', 'jku', 'jwk', 'x5u', 'x5c', 'b64', 'zip', 'enc'] as const

/** The bytes of a strictly encoded part: base64url alphabet, no padding, no stray bits, so that one token has one spelling. */
function decodePart(part: string): Buffer | undefined {
  const bytes = Buffer.from(part, 'base64url')
  return bytes.toString('base64url') === part ? bytes : undefined
}

function parsePart(bytes: Buffer): JsonObject | undefined {
  try {
    // A byte order mark stays in the text, where it is no JSON: taken off, one claim set would have two spellings.
    return parseJsonObject(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
  } catch {
    return undefined
  }
}

/** The rule for a JOSE header, as the reason to refuse it or null. */
function faultOfHeader(header: JsonObject): string | null {
  if (header.alg !== 'RS256') return 'alg_not_allowed'
  // Microsoft's own APIs get tokens whose signature only they can check; they bear a nonce.
  if (Object.hasOwn(header, 'nonce')) return 'proprietary_token_nonce_header'
  if (forbiddenHeaders.some((name) => Object.hasOwn(header, name))) return 'header_param_not_allowed'
  if (header.typ !== undefined && header.typ !== 'JWT') return 'typ_not_allowed'
  const { kid } = header
  return typeof kid === 'string' && kid !== '' && kid.length <= 128 ? null : 'kid_missing'
}

function faultOfShape(parts: readonly string[]): string | null {
  if (parts.length === 5) return 'jwe_not_supported'
  return parts.length === 3 ? null : 'malformed_token'
}

/** Takes a compact JWS apart and applies every rule that needs no key (RFC 7515, RFC 8725). */
export function readToken(token: string): Reading<UnprovenToken> {
  const parts = token.split('.')
  const shape = faultOfShape(parts)
  if (shape !== null) return tokenInvalid(shape)
  const [headerBytes, claimBytes, signature] = parts.map(decodePart)
  if (!headerBytes || !claimBytes || !signature) return tokenInvalid('not_base64url')
  const header = parsePart(headerBytes)
  if (!header) return tokenInvalid('bad_header')
  const fault = faultOfHeader(header)
  if (fault !== null) return tokenInvalid(fault)
  const claims = parsePart(claimBytes)
  return claims ? { value: { token, kid: String(header.kid), claims } } : tokenInvalid('bad_payload')
}
