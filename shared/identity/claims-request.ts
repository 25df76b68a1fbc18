import { type JsonObject, parseJsonObject } from './json-object.ts'
import type { Principal } from './principal.ts'

/** Longest claims request that is taken from anybody, in bytes of JSON. */
export const maxClaimsBytes = 8 * 1024

const sections = new Set(['access_token', 'id_token', 'userinfo'])

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * The JSON text of a claims request (OpenID Connect Core 5.5) where it is one and asks nothing else: at most 8 KiB, only
 * the sections `access_token`, `id_token` and `userinfo`, each an object. Else undefined.
 */
export function readClaimsRequest(text: string): string | undefined {
  if (Buffer.byteLength(text) > maxClaimsBytes) return undefined
  const request = parseJsonObject(text)
  if (!request) return undefined
  const asked = Object.entries(request)
  const sound = asked.length > 0 && asked.every(([name, value]) => sections.has(name) && isObject(value))
  return sound ? text : undefined
}

/** Asks for an authentication context, as a Conditional Access policy names it (`c1` …). */
export function authContextRequest(context: string): string {
  return JSON.stringify({ access_token: { acrs: { essential: true, value: context } } })
}

function askedValues(request: JsonObject): readonly unknown[] {
  return Array.isArray(request.values) ? request.values : [request.value]
}

function isMet(name: string, request: unknown, principal: Principal): boolean {
  if (!isObject(request)) return false
  const asked = askedValues(request)
  if (name === 'acrs') return asked.some((context) => principal.authContexts.includes(String(context)))
  if (name === 'nbf') return asked.every((time) => /^\d+$/.test(String(time)) && principal.issuedAt >= Number(time))
  return false
}

/**
 * True where the caller's own token already has everything that is asked of an access token: asking again would be an
 * endless loop. What cannot be judged from the token counts as not met.
 */
export function isAlreadyMet(claims: string, principal: Principal): boolean {
  const asked = parseJsonObject(claims)?.access_token
  if (!isObject(asked)) return false
  const requests = Object.entries(asked)
  return requests.length > 0 && requests.every(([name, request]) => isMet(name, request, principal))
}
