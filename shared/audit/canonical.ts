/** What a canonical document may hold: no floats, no undefined, member names that begin with an ASCII letter. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json }

const maxDepth = 32
const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Canonical JSON text (RFC 8785 restricted to integers below 2^53): members sorted by UTF-16 code unit, no white space.
 * Throws TypeError on floats, undefined, lone surrogates, other member names and nesting beyond 32.
 */
export function canonicalText(value: Json): string {
  return encode(inOrder(value, 0))
}

/** The same without the members of objects that are undefined; everything else that is no JSON is refused as well. */
export function canonicalTextOfPresent(value: object): string {
  return encode(inOrder(value as Json, 0, true))
}

function encode(ordered: Json): string {
  const text = JSON.stringify(ordered)
  if (!isWellFormed(text)) throw new TypeError('a string holds a lone surrogate')
  return text
}

/** UTF-8 of `canonicalText`: the bytes that are hashed and stored. */
export function canonicalBytes(value: Json): Uint8Array {
  return encoder.encode(canonicalText(value))
}

/** Joins members whose values are canonical text already, so that a batch need not encode a body twice. */
export function joinMembers(members: Readonly<Record<string, string>>): string {
  const names = Object.keys(members).sort()
  return `{${names.map((name) => `${JSON.stringify(name)}:${members[name]}`).join(',')}}`
}

/** The text of these bytes, or null where they are no UTF-8. */
export function decodeText(bytes: Uint8Array): string | null {
  try {
    return decoder.decode(bytes)
  } catch {
    return null
  }
}

/** The document in these bytes, or null where `canonical(parse(bytes))` would differ from them. */
export function parseCanonical(bytes: Uint8Array): Json | null {
  const text = decodeText(bytes)
  return text === null ? null : parseCanonicalText(text)
}

/** The document in this text, or null where `canonicalText(parse(text))` would differ from it. */
export function parseCanonicalText(text: string): Json | null {
  try {
    const value = JSON.parse(text) as Json
    return isInOrder(value, 0) && JSON.stringify(value) === text && isWellFormed(text) ? value : null
  } catch {
    return null
  }
}

function inOrder(value: Json, depth: number, mayLack = false): Json {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value
  if (typeof value === 'number') return requireInteger(value)
  if (typeof value !== 'object' || depth >= maxDepth) throw new TypeError(`cannot encode ${typeof value} here`)
  if (Array.isArray(value)) return Array.from(value as readonly Json[], (item) => inOrder(item, depth + 1, mayLack))
  const source = value as { readonly [name: string]: Json }
  const target: Record<string, Json> = {}
  for (const name of Object.keys(source).sort()) {
    const member = source[name] as Json
    if (member === undefined && mayLack) continue
    target[requireName(name)] = inOrder(member, depth + 1, mayLack)
  }
  return target
}

function requireInteger(value: number): number {
  if (!isInteger(value)) throw new TypeError('only integers below 2^53 can be encoded')
  return value
}

function requireName(name: string): string {
  if (!startsWithLetter(name)) throw new TypeError('a member name must begin with a letter')
  return name
}

function isInteger(value: number): boolean {
  return Number.isSafeInteger(value) && !Object.is(value, -0)
}

// Engines list integer-like names first whatever their place, so such names could not be checked for order.
function startsWithLetter(name: string): boolean {
  const code = name.charCodeAt(0) | 0x20
  return code >= 0x61 && code <= 0x7a
}

function isInOrder(value: Json, depth: number): boolean {
  if (typeof value === 'number') return isInteger(value)
  if (typeof value !== 'object' || value === null) return true
  if (depth >= maxDepth) return false
  if (Array.isArray(value)) return value.every((item) => isInOrder(item, depth + 1))
  return areMembersInOrder(value as { readonly [name: string]: Json }, depth)
}

function areMembersInOrder(value: { readonly [name: string]: Json }, depth: number): boolean {
  let previous = ''
  for (const name in value) {
    if (name <= previous || !startsWithLetter(name)) return false
    previous = name
    const member = value[name] as Json
    if (typeof member !== 'string' && !isInOrder(member, depth + 1)) return false
  }
  return true
}

// JSON.stringify writes a lone surrogate as an escape, and nothing else as one that begins with `\ud`.
function isWellFormed(text: string): boolean {
  return !text.includes('\\ud') || !/(?<!\\)(?:\\\\)*\\ud[89a-f]/.test(text)
}
