/** `Groups_GetGroup`, `bigquery.jobs.query` → `getGroup`, `query`; with the group in it where that is wanted. */
export function operationName(id: string, whole = false): string {
  const words = id.split(/[^A-Za-z0-9]+/).filter((word) => word !== '')
  return identifier(whole ? words.join(' ') : (words.at(-1) ?? 'call'), 'call')
}

/** A name that stands without quotes: `$filter` → `filter`, `If-Match` → `ifMatch`. */
export function identifier(name: string, prefix = 'input'): string {
  const words = name.split(/[^A-Za-z0-9]+/).filter((word) => word !== '')
  const joined = words
    .map((word, at) => (at === 0 ? lowerFirst(word) : `${word.charAt(0).toUpperCase()}${word.slice(1)}`))
    .join('')
  if (joined === '') return prefix
  return /^[a-z]/.test(joined) ? joined : `${prefix}${joined.charAt(0).toUpperCase()}${joined.slice(1)}`
}

function lowerFirst(word: string): string {
  return /^[A-Z]+$/.test(word) ? word.toLowerCase() : `${word.charAt(0).toLowerCase()}${word.slice(1)}`
}

/** One sentence without its end, of 7 to 100 characters, as a summary has to be. */
export function oneLine(text: string, fallback: string): string {
  const plain = text
    .replace(/<[^>]*>|[`*_]|\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/\s+/g, ' ')
    .trim()
  const sentence = (/^.*?[^.\s]{2,}(?=[.:;]\s|[.:;]?$)/.exec(plain)?.[0] ?? plain).slice(0, 100)
  const whole = sentence.length < 100 ? sentence : sentence.slice(0, sentence.lastIndexOf(' '))
  const clean = whole.replace(/[.,:;\s]+$/, '')
  const said = clean.length < 7 ? fallback : clean
  return `${said.charAt(0).toUpperCase()}${said.slice(1)}`
}

/** A text as it stands in single quotes. */
export function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', ' ')}'`
}

/** A member's name, in quotes where it needs them. */
export function member(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name)
}
