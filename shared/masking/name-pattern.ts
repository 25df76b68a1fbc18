/** A name with `*`, compared from its end: `*.email`, `hr.*.ssn`, `sales.customers.*_phone`. */
export interface NamePattern {
  readonly label: string
  /** More for the more specific: first a column without `*`, then owners without, then letters. */
  readonly weight: number
  /** Whether a table of this name may be meant; parts that a name leaves out fit. */
  readonly mayFit: (table: string) => boolean
  readonly fitsColumn: (column: string) => boolean
}

const mostStars = 4

/** Reads a pattern. Throws TypeError where one part has more than four `*`, which would be slow to compare. */
export function parsePattern(text: string, label: string): NamePattern {
  const parts = text.toLowerCase().split('.')
  if (parts.some((part) => part.split('*').length - 1 > mostStars)) throw new TypeError(`${text} has too many *`)
  const column = parts.at(-1) ?? '*'
  const owners = parts.slice(0, -1).reverse()
  const tests = owners.map(globTest)
  return {
    label,
    weight: weigh(column, owners),
    mayFit: (table) => {
      const names = table === '' ? [] : table.toLowerCase().split('.').reverse()
      return tests.every((fits, at) => names[at] === undefined || fits(names[at]))
    },
    fitsColumn: globTest(column),
  }
}

function weigh(column: string, owners: readonly string[]): number {
  const literal = [...column, ...owners.join('')].filter((char) => char !== '*').length
  const named = owners.filter((owner) => !owner.includes('*')).length
  return (column.includes('*') ? 0 : 1e6) + named * 1e4 + literal
}

function globTest(glob: string): (name: string) => boolean {
  if (!glob.includes('*')) return (name) => name === glob
  const source = glob.split(/\*+/).map((part) => part.replaceAll(/[^\w]/g, String.raw`\$&`))
  const expression = new RegExp(`^${source.join('.*')}$`, 's')
  return (name) => name.length <= 256 && expression.test(name)
}
