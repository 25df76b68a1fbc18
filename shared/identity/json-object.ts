export type JsonObject = Readonly<Record<string, unknown>>

const quote = 0x22
const backslash = 0x5c

function depthChange(code: number): number {
  if (code === 0x7b || code === 0x5b) return 1
  return code === 0x7d || code === 0x5d ? -1 : 0
}

function endOfString(text: string, start: number): number {
  let at = start + 1
  while (at < text.length && text.charCodeAt(at) !== quote) at += text.charCodeAt(at) === backslash ? 2 : 1
  return at
}

/** Members of the outermost object as written, counted by their colons. */
function countMembers(text: string): number {
  let depth = 0
  let members = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === quote) at = endOfString(text, at)
    else if (code === 0x3a && depth === 1) members++
    else depth += depthChange(code)
  }
  return members
}

/**
 * A JSON object whose outermost names are unique, else undefined. Parsers disagree on which of two equal names counts, so
 * a text with both is read by nobody here (RFC 7519 section 4 lets us refuse it).
 */
export function parseJsonObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    return countMembers(text) === Object.keys(value).length ? (value as JsonObject) : undefined
  } catch {
    return undefined
  }
}
