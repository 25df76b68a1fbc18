import type { Json } from '../pipeline/ports.ts'

// Whatever changes how other characters look or hides them: controls but tab and line end, soft hyphen, zero-width and
// bidi marks, separators, variation selectors, tags, and halves of pairs.
const unseen = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\u2028\u2029\u115f\u1160\u3164\uffa0\p{VS}]|\p{Cs}/gu
const kept = new Set(['\t', '\n', '\r'])

/** The text with every character that could mislead its reader written as its number (`\u{202e}`). */
export function showPlainly(text: string): string {
  return text.replace(unseen, (found) => (kept.has(found) ? found : `\\u{${(found.codePointAt(0) ?? 0).toString(16)}}`))
}

/** The same for every string and name in a value; `found` is called where something was changed. */
export function showValuePlainly(value: Json, found: () => void): Json {
  const show = (text: string) => {
    const shown = showPlainly(text)
    if (shown !== text) found()
    return shown
  }
  if (typeof value === 'string') return show(value)
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map((item: Json) => showValuePlainly(item, found))
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [show(name), showValuePlainly(item, found)]))
}
