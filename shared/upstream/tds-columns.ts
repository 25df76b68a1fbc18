import type { ResultColumn, Understood } from '../pipeline/ports.ts'

const name = '(?:[A-Za-z_][A-Za-z0-9_$#]*|\\[[A-Za-z_][A-Za-z0-9_$# ]*\\])'
const plainSelect = new RegExp(
  `^\\s*select\\s+(?:top\\s+(?:\\d+|\\(\\d+\\))\\s+)?(${name}(?:\\s*,\\s*${name})*)\\s+from\\s+(${name}(?:\\.${name}){0,2})\\s*(?:$|;|(?:where|order)\\b)`,
  'i',
)

/** Rows of another query may follow, computed ones among them. */
const setOperation = /\b(?:union|intersect|except)\b/i

/**
 * Result columns with the stored column that each is. The protocol names none, so the judged statement has to: only in
 * `SELECT column, … FROM table`, with every column a bare name that the lineage confirms, is a value certainly as
 * stored. Anything else counts as computed, which masks more of it.
 */
export function nameSources(names: readonly string[], { statement }: Understood): ResultColumn[] {
  const sources = storedColumns(statement)
  const known = sources !== null && sources.length === names.length
  return names.map((each, index) => ({ name: each, source: known ? (sources[index] ?? null) : null }))
}

function storedColumns(statement: Understood['statement']): (string | null)[] | null {
  const { text = '', reads, outputs, effect } = statement ?? {}
  const [, list = '', table = ''] = (setOperation.test(text) ? null : plainSelect.exec(text)) ?? []
  const owner = plain(table)
  if (effect !== 'read' || outputs == null || reads?.length !== 1 || reads[0] !== owner) return null
  return list.split(',').map((each, index) => {
    const column = plain(each)
    // A word such as DISTINCT would stand before a name, which the pattern does not take; this is the second look.
    const mentions = outputs[index]?.mentions ?? []
    return mentions.length === 1 && mentions[0] === column ? `${owner}.${column}` : null
  })
}

function plain(text: string): string {
  return text.replace(/[[\]]/g, '').trim().toLowerCase()
}
