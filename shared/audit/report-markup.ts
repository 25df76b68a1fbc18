/** Text that is safe to put into a document: made by `markup` only. */
export interface Markup {
  readonly html: string
}

type Value = string | number | Markup | null | readonly Markup[]

/**
 * Template tag for HTML. Every value is escaped unless it is markup itself; null is nothing. Values may stand in text and
 * in quoted attributes, nowhere else.
 */
export function markup(parts: TemplateStringsArray, ...values: readonly Value[]): Markup {
  const html = parts.reduce((text, part, at) => text + render(values[at - 1] ?? null) + part)
  return { html }
}

/** Nothing. */
export const nothing: Markup = { html: '' }

function render(value: Value): string {
  if (value === null) return ''
  if (typeof value === 'string' || typeof value === 'number') return escapeText(String(value))
  return 'html' in value ? value.html : value.map(({ html }) => html).join('')
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Characters that change how others are read: controls, and marks that turn the direction of text. */
const invisible = /[\p{Cc}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu

/** Escapes a value; what cannot be seen is shown as its code, so that nothing reads as something else. */
export function escapeText(value: string): string {
  return value
    .toWellFormed()
    .replace(invisible, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .replace(/[&<>"']/g, (character) => entities[character] ?? '')
}
