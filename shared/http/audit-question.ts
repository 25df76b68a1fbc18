import * as z from 'zod'
import type { Dimension, Selector } from '../audit/index-keys.ts'
import type { Window } from '../audit/index-scan.ts'
import { invalid } from '../backend/inputs.ts'
import { describeIssue } from '../backend/resolve.ts'
import { formatCursor, parseCursor } from './audit-cursor.ts'

/** What an auditor asks for. */
export interface RecordsQuestion {
  /** Parameters that say what is looked for, as they were given. */
  readonly filter: Readonly<Record<string, string>>
  readonly selectors: readonly Selector[]
  readonly window: Window
  /** A tenant's id, `all`, or undefined for the asker's own. */
  readonly tenant: string | undefined
  readonly open: boolean
  readonly format: 'json' | 'csv'
  readonly limit: number
  readonly after: string | null
  /** The cursor that goes on after a key. */
  readonly cursorAfter: (after: string) => string
}

const dayMs = 86_400_000
const defaultDays = 31
const mostDays = 1100
const limits = { json: { usual: 50, most: 200 }, csv: { usual: 2000, most: 2000 } } as const

const dimensions = {
  person: 'person',
  agent: 'agent',
  object: 'object',
  dataClass: 'class',
  backend: 'backend',
  operation: 'operation',
  effect: 'effect',
  verdict: 'verdict',
  status: 'status',
  rule: 'rule',
  approval: 'approval',
  trace: 'trace',
  decision: 'decision',
  kind: 'kind',
} as const satisfies Readonly<Record<string, Dimension>>

type Filter = keyof typeof dimensions

const text = () => z.string().min(1).max(512).optional()
const guid = () =>
  z
    .guid()
    .transform((value) => value.toLowerCase())
    .optional()
const date = /^\d{4}-\d\d-\d\d$/
const time = () => z.union([z.string().regex(date), z.iso.datetime({ offset: true })]).optional()

const schema = () =>
  z.strictObject({
    ...(Object.fromEntries(Object.keys(dimensions).map((name) => [name, text()])) as Record<
      Filter,
      ReturnType<typeof text>
    >),
    person: guid(),
    agent: guid(),
    tenant: z.union([z.literal('all'), z.guid()]).optional(),
    from: time(),
    to: time(),
    open: z.enum(['true', 'false']).optional(),
    format: z.enum(['json', 'csv']).optional(),
    limit: z
      .string()
      .regex(/^[1-9]\d{0,3}$/)
      .optional(),
    cursor: z.string().min(1).max(512).optional(),
  })

const filterNames = Object.keys(dimensions) as readonly Filter[]

/** A question, or Problem `input_invalid` that names the parameter. `accept` may ask for CSV as well. */
export function parseRecordsQuestion(query: string, { accept, now }: { accept: string; now: number }): RecordsQuestion {
  const parsed = schema().safeParse(readParameters(query))
  if (!parsed.success) throw invalid(parsed.error.issues.flatMap((issue) => describeIssue(issue)))
  const { open, format = accept.includes('text/csv') ? 'csv' : 'json', limit, cursor, ...filter } = parsed.data
  const given = Object.fromEntries(Object.entries(filter).filter((entry): entry is [string, string] => !!entry[1]))
  const reached = cursor === undefined ? null : parseCursor(cursor, given)
  if (cursor !== undefined && reached === null) throw fault('/cursor', 'is not the cursor of this question')
  const window = reached?.window ?? windowOf(filter, now)
  return {
    filter: given,
    selectors: selectorsOf(given),
    window,
    tenant: filter.tenant?.toLowerCase(),
    open: open === 'true',
    format,
    limit: limitOf(limit, format),
    after: reached?.after ?? null,
    cursorAfter: (after) => formatCursor({ after, window }, given),
  }
}

/** Query parameters as an object; one that is given twice is refused. */
export function readParameters(query: string): Readonly<Record<string, string>> {
  const parameters = [...new URLSearchParams(query)]
  const names = parameters.map(([name]) => name)
  if (new Set(names).size !== names.length) throw fault('', 'names a parameter twice')
  if (parameters.some(([, value]) => !value.isWellFormed())) throw fault('', 'holds half a surrogate pair')
  return Object.fromEntries(parameters)
}

function selectorsOf(given: Readonly<Record<string, string>>): readonly Selector[] {
  return filterNames.flatMap((name) => {
    const value = given[name]
    return value === undefined ? [] : [{ dimension: dimensions[name], value }]
  })
}

/** A date alone means the whole day, in UTC. */
function windowOf({ from, to }: { from?: string | undefined; to?: string | undefined }, now: number): Window {
  const until = to === undefined ? now : Date.parse(to) + (date.test(to) ? dayMs - 1 : 0)
  const since = from === undefined ? until - defaultDays * dayMs : Date.parse(from)
  if (!Number.isFinite(until) || until < 0) throw fault('/to', 'is no time')
  if (!Number.isFinite(since) || since < 0 || since > until) throw fault('/from', 'is no time before the end')
  if (until - since > mostDays * dayMs) throw fault('/from', `is more than ${mostDays} days before the end`)
  return { since, until }
}

function limitOf(given: string | undefined, format: 'json' | 'csv'): number {
  const { usual, most } = limits[format]
  const limit = given === undefined ? usual : Number(given)
  if (limit > most) throw fault('/limit', `is larger than ${most}`)
  return limit
}

function fault(pointer: string, detail: string) {
  return invalid([{ pointer, detail }])
}
