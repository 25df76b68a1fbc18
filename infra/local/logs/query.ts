/** What a query asks for, of the few that are understood. Times are epoch milliseconds. */
export type LogQuery =
  | { readonly table: string; readonly ask: 'newest' }
  | {
      readonly table: string
      readonly ask: 'window'
      readonly from: number
      readonly to: number
      readonly among: readonly string[] | null
      readonly columns: readonly string[]
      readonly take: number
    }

const time = 'datetime\\(([\\dTZ:.-]+)\\)'
const window = new RegExp(`^where TimeGenerated > ${time} and TimeGenerated <= ${time}$`)
const among = /^where ResourceIdentity in \(('[0-9a-f-]+'(?:, '[0-9a-f-]+')*)\)$/
const ofResource = /^where _ResourceId =~ '[\w./-]*'$/

/** Reads a query line by line; null for every one that says anything else. */
export function parseQuery(text: string): LogQuery | null {
  const [table = '', first = '', ...rest] = text.split(/\n\| /)
  if (!/^[A-Za-z]+$/.test(table)) return null
  const conditions = rest.filter((line) => line.startsWith('where '))
  if (!conditions.every((line) => among.test(line) || ofResource.test(line))) return null
  const end = rest.slice(conditions.length).join('\n')
  if (first === 'where TimeGenerated > ago(8d)' && end === 'summarize Newest = max(TimeGenerated)') {
    return { table, ask: 'newest' }
  }
  return parseWindow({ table, first, end, conditions })
}

interface Lines {
  readonly table: string
  readonly first: string
  readonly end: string
  readonly conditions: readonly string[]
}

function parseWindow({ table, first, end, conditions }: Lines): LogQuery | null {
  const [, from = '', to = ''] = window.exec(first) ?? []
  const tail = /^project ([\w, ]+)\norder by TimeGenerated asc\ntake (\d+)$/.exec(end)
  if (tail === null || Number.isNaN(Date.parse(from) + Date.parse(to))) return null
  const listed = conditions.map((line) => among.exec(line)?.[1]).find((one) => one !== undefined)
  return {
    table,
    ask: 'window',
    from: Date.parse(from),
    to: Date.parse(to),
    among: listed === undefined ? null : listed.split(', ').map((one) => one.slice(1, -1)),
    columns: (tail[1] ?? '').split(', '),
    take: Number(tail[2]),
  }
}
