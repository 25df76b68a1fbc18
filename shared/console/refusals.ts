import { element } from './elements.ts'
import type { Refused } from './gateway.ts'

const words: Readonly<Record<string, string>> = {
  scope_insufficient: 'Your sign-in does not allow this.',
  already_decided: 'Somebody decided this already.',
  own_request: 'Nobody approves their own request.',
  approval_mismatch: 'The request is not the one that you were shown. Open it again.',
}

/** A refusal in words, with its code for whoever is asked about it. */
export function drawRefusal({ code, detail, reasons = [] }: Refused): HTMLElement {
  const known = [...reasons, code].map((name) => words[name]).find((text) => text !== undefined)
  const named = [code, ...reasons].join(', ')
  return element('p', { class: 'note fail', role: 'alert' }, `${known ?? detail} (${named})`)
}
