import type { Json } from './canonical.ts'

/** A place in the text of a row, and the values that rules were told to keep on the way. */
export interface Cursor {
  readonly text: string
  at: number
  readonly kept: Record<string, string | number | undefined>
}

/** What a member may be, in two forms: for a parsed value, and for the text of one. */
export interface Rule {
  readonly check: (value: Json | undefined) => boolean
  /**
   * Moves over a value of this type that is written canonically and without escapes. False says only that it is not
   * written that plainly: whether it is valid, `check` decides after parsing.
   */
  readonly scan: (cursor: Cursor) => boolean
}

export interface Members {
  readonly [name: string]: Rule
}

const quote = 0x22
const backslash = 0x5c
const minus = 0x2d
const zero = 0x30
const maxDigits = 15

export const text: Rule = { check: (value) => typeof value === 'string', scan: scanText }
const flag: Rule = oneOf(true, false)
/** An integer of zero or more (canonical documents hold no others but negative ones). */
export const count: Rule = { check: (value) => typeof value === 'number' && value >= 0, scan: scanCount }
export const scalar: Rule = {
  check: (value) => typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number',
  scan: (cursor) => scanText(cursor) || flag.scan(cursor) || scanInteger(cursor),
}

/** Text of this form. */
export function pattern(form: RegExp): Rule {
  return {
    check: (value) => typeof value === 'string' && form.test(value),
    scan(cursor) {
      const begin = cursor.at + 1
      return scanText(cursor) && form.test(cursor.text.slice(begin, cursor.at - 1))
    },
  }
}

/** One of these values. */
export function oneOf(...values: readonly Json[]): Rule {
  const literals = values.map((value) => JSON.stringify(value))
  return {
    check: (value) => value !== undefined && values.includes(value),
    scan: (cursor) => literals.some((literal) => skip(cursor, literal)),
  }
}

/** What one or the other rule takes. */
export function either(one: Rule, other: Rule): Rule {
  return {
    check: (value) => one.check(value) || other.check(value),
    scan: (cursor) => one.scan(cursor) || other.scan(cursor),
  }
}

/** A list of such values. */
export function listOf(rule: Rule): Rule {
  return {
    check: (value) => Array.isArray(value) && value.every((item) => rule.check(item as Json)),
    scan(cursor) {
      if (!skip(cursor, '[')) return false
      if (skip(cursor, ']')) return true
      do if (!rule.scan(cursor)) return false
      while (skip(cursor, ','))
      return skip(cursor, ']')
    },
  }
}

/** An object of any members with such values; `required` must be among them, as text. */
export function mapOf(rule: Rule, required?: string): Rule {
  return {
    check: (value) =>
      isObject(value) &&
      Object.values(value).every(rule.check) &&
      (required === undefined || typeof value[required] === 'string'),
    scan(cursor) {
      const begin = cursor.at
      if (!scanMap(cursor, rule)) return false
      // A quote inside a string would have been an escape, at which a scan ends: this can only be the member's name.
      return required === undefined || cursor.text.slice(begin, cursor.at).includes(`"${required}":"`)
    },
  }
}

/** Every required member, and no member but these: what is not in the specification cannot hide in a row. */
export function shape(required: Members, optional: Members = {}): Rule {
  const all = { ...optional, ...required }
  const names = Object.keys(required)
  const ordered = Object.keys(all).sort()
  const members: readonly Member[] = ordered.flatMap((name) => {
    const rule = all[name]
    return rule ? [{ rule, first: `{"${name}":`, next: `,"${name}":`, isNeeded: names.includes(name) }] : []
  })
  return {
    check(value) {
      if (!isObject(value)) return false
      for (const name in value) if (!Object.hasOwn(all, name) || !all[name]?.check(value[name])) return false
      return names.every((name) => value[name] !== undefined)
    },
    scan: (cursor) => scanMembers(cursor, members),
  }
}

/** The same rule; a scan keeps the value (text without its quotes, or a number) under `name`. */
export function keep(name: string, rule: Rule): Rule {
  return {
    check: rule.check,
    scan(cursor) {
      const begin = cursor.at
      if (!rule.scan(cursor)) return false
      const isText = cursor.text.charCodeAt(begin) === quote
      cursor.kept[name] = isText
        ? cursor.text.slice(begin + 1, cursor.at - 1)
        : Number(cursor.text.slice(begin, cursor.at))
      return true
    },
  }
}

export function isObject(value: Json | undefined): value is { readonly [name: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

interface Member {
  readonly rule: Rule
  /** What stands before its value where it is the first member, and where it is not. */
  readonly first: string
  readonly next: string
  readonly isNeeded: boolean
}

function scanMembers(cursor: Cursor, members: readonly Member[]): boolean {
  const begin = cursor.at
  for (const member of members) {
    const isThere = skip(cursor, cursor.at === begin ? member.first : member.next)
    if (isThere ? !member.rule.scan(cursor) : member.isNeeded) return false
  }
  return skip(cursor, cursor.at === begin ? '{}' : '}')
}

function skip(cursor: Cursor, literal: string): boolean {
  if (!cursor.text.startsWith(literal, cursor.at)) return false
  cursor.at += literal.length
  return true
}

// Past the end, a code is NaN and fails every comparison.
function scanText(cursor: Cursor): boolean {
  const { text } = cursor
  let { at } = cursor
  if (text.charCodeAt(at) !== quote) return false
  let code = text.charCodeAt(++at)
  while (code >= 0x20 && code !== quote && code !== backslash) code = text.charCodeAt(++at)
  if (code !== quote) return false
  cursor.at = at + 1
  return true
}

function scanInteger(cursor: Cursor): boolean {
  const isNegative = cursor.text.charCodeAt(cursor.at) === minus
  if (!isNegative) return scanCount(cursor)
  if (cursor.text.charCodeAt(cursor.at + 1) === zero) return false
  cursor.at++
  return scanCount(cursor)
}

function scanCount(cursor: Cursor): boolean {
  const { text, at } = cursor
  let end = at
  while (isDigit(text.charCodeAt(end))) end++
  const digits = end - at
  if (digits === 0 || digits > maxDigits || (digits > 1 && text.charCodeAt(at) === zero)) return false
  cursor.at = end
  return true
}

function isDigit(code: number): boolean {
  return code >= zero && code <= zero + 9
}

function scanMap(cursor: Cursor, rule: Rule): boolean {
  if (!skip(cursor, '{')) return false
  if (skip(cursor, '}')) return true
  let name: string | null = ''
  do {
    name = scanName(cursor, name)
    if (name === null || !rule.scan(cursor)) return false
  } while (skip(cursor, ','))
  return skip(cursor, '}')
}

/** The name of the next member, null where it does not stand in order. */
function scanName(cursor: Cursor, previous: string): string | null {
  const begin = cursor.at + 1
  if (!scanText(cursor)) return null
  const name = cursor.text.slice(begin, cursor.at - 1)
  return name > previous && /^[A-Za-z]/.test(name) && skip(cursor, ':') ? name : null
}
