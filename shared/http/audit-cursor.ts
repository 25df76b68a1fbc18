import * as z from 'zod'
import type { Window } from '../audit/index-scan.ts'
import { digestFilter } from './audit-reading.ts'

/** Where a listing goes on. The window is kept: without an end of its own it would move with the clock. */
export interface Cursor {
  readonly after: string
  readonly window: Window
}

const shortDigest = 16
const milliseconds = () => z.int().min(0).max(9_999_999_999_999)
const schema = () =>
  z.tuple([
    z.literal(1),
    z.string().regex(/^[0-9a-f]{16}$/),
    z.string().regex(/^(\d{13}\|L\d{2,6}\|\d{9}\|\d{14,15})?$/),
    milliseconds(),
    milliseconds(),
  ])

type Filter = Readonly<Record<string, string>>

/** A cursor as text. It opens nothing: whoever makes one up reads what the same question gives him anyway. */
export function formatCursor({ after, window }: Cursor, filter: Filter): string {
  const parts = [1, digestFilter(filter).slice(0, shortDigest), after, window.since, window.until]
  return Buffer.from(JSON.stringify(parts), 'utf8').toString('base64url')
}

/** The cursor in a text; null where it is none, or of another question. */
export function parseCursor(text: string, filter: Filter): Cursor | null {
  const parsed = schema().safeParse(parseJson(Buffer.from(text, 'base64url').toString('utf8')))
  if (!parsed.success) return null
  const [, digest, after, since, until] = parsed.data
  const cursor = { after, window: { since, until } }
  // Written again it has to be the same text: base64 has other spellings of one value.
  const isSame = digest === digestFilter(filter).slice(0, shortDigest) && formatCursor(cursor, filter) === text
  return isSame && since <= until ? cursor : null
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
