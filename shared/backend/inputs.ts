import { type InputFault, Problem } from '../errors/problem.ts'

/** Bounds of a request body: bytes, nesting of objects and arrays. */
export const bodyLimits = { bytes: 1024 * 1024, depth: 32 } as const

/** A body as JSON, or Problem `media_type_unsupported`, `input_too_large`, `input_invalid` that names the place. */
export function parseBody(body: Uint8Array, contentType: string): unknown {
  if (body.byteLength > bodyLimits.bytes) {
    throw new Problem('input_too_large', `The body may have ${bodyLimits.bytes} bytes.`)
  }
  if (body.byteLength === 0) return {}
  if (!/^application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i.test(contentType)) {
    throw new Problem('media_type_unsupported', 'Send the inputs as application/json in UTF-8.')
  }
  const text = decodeText(body)
  checkDepth(text)
  const value = parseJson(text)
  const faults = findUnsafeStrings(value, '')
  if (faults.length > 0) throw invalid(faults)
  return value
}

/** Most places that one answer names; a body of a megabyte can hold a hundred thousand. */
const mostFaults = 20

/** Problem `input_invalid` for these places, the first 20 of them. */
export function invalid(all: readonly InputFault[]): Problem {
  const faults = all.slice(0, mostFaults)
  const first = faults[0]
  const place = first === undefined || first.pointer === '' ? 'The body' : `The input at ${first.pointer}`
  return new Problem('input_invalid', `${place} ${first?.detail ?? 'is not valid'}.`, {
    faults,
    next: { action: 'change_input' },
  })
}

function decodeText(body: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body)
  } catch {
    throw invalid([{ pointer: '', detail: 'is not valid UTF-8' }])
  }
}

/** Counted before parsing, so that no recursion ever sees a deep document; one pass, whatever the text. */
function checkDepth(text: string): void {
  let depth = 0
  let quoted = false
  for (const { 0: mark, index } of text.matchAll(/\\.|["[\]{}]/gs)) {
    if (mark === '"') quoted = !quoted
    else if (!quoted) depth += nestingOf(mark)
    if (depth > bodyLimits.depth) {
      throw invalid([{ pointer: '', detail: `is nested more than ${bodyLimits.depth} deep (at offset ${index})` }])
    }
  }
}

function nestingOf(mark: string): number {
  if (mark === '[' || mark === '{') return 1
  return mark === ']' || mark === '}' ? -1 : 0
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    const position = cause instanceof Error ? /position (\d+)/.exec(cause.message)?.[1] : undefined
    const place = position === undefined ? '' : ` (at offset ${position})`
    throw invalid([{ pointer: '', detail: `is not well-formed JSON${place}` }])
  }
}

const controlCharacter = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffe\uffff]/

/** Control characters and lone surrogates have no place in inputs; `__proto__` has none in names. */
function findUnsafeStrings(value: unknown, pointer: string): InputFault[] {
  if (typeof value === 'string') return textFaults(value, pointer)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, member]) => {
    const place = `${pointer}/${escapePointer(name)}`
    const own = name === '__proto__' ? [{ pointer: place, detail: 'has a name that is not allowed' }] : []
    return [...own, ...textFaults(name, place), ...findUnsafeStrings(member, place)]
  })
}

function textFaults(text: string, pointer: string): InputFault[] {
  if (controlCharacter.test(text)) return [{ pointer, detail: 'holds a control character' }]
  return text.isWellFormed() ? [] : [{ pointer, detail: 'holds half a surrogate pair' }]
}

/** One RFC 6901 reference token; what cannot be printed is cut, since the pointer goes back to the caller. */
export function escapePointer(name: string): string {
  return name
    .slice(0, 100)
    .replaceAll('~', '~0')
    .replaceAll('/', '~1')
    .replaceAll(/[\u0000-\u001f\u007f-\u009f\ud800-\udfff]/g, '?')
}
