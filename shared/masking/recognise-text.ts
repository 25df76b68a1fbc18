import { type Recogniser, recognisers } from './recognise-patterns.ts'

/** A text without the identifiers that were found in it, and the labels of those. */
export interface Recognised {
  readonly text: string
  readonly labels: readonly string[]
}

/** Every identifier has a digit or an at sign in it. */
const hint = /[\d@]/

/**
 * Takes identifiers of people out of free text: each has a check digit, a strict form or a word before it that says
 * what it is. Names are not looked for. `wanted` says which labels are to be taken out; null where there was nothing.
 */
export function recogniseText(text: string, wanted: (label: string) => boolean): Recognised | null {
  if (!hint.test(text)) return null
  const labels = new Set<string>()
  let clean = text
  for (const one of recognisers) {
    if (wanted(one.label)) clean = takeOut(clean, one, () => labels.add(one.label))
  }
  return labels.size === 0 ? null : { text: clean, labels: [...labels].sort() }
}

function takeOut(text: string, { name, pattern, check }: Recogniser, note: () => void): string {
  return text.replace(pattern, (found: string, word?: unknown) => {
    // The only short groups are repeated separators.
    const before = typeof word === 'string' && word.length > 1 && found.startsWith(word) ? word : ''
    if (check !== undefined && !check(found.slice(before.length))) return found
    note()
    return `${before}[removed: ${name}]`
  })
}
