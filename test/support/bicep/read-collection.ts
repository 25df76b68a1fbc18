import { type Cursor, complain, expect, lineHere, match, skip, take } from './cursor.ts'
import { type Expression, type Inner, literalText, type Member } from './expression.ts'

type Read = (cursor: Cursor) => Expression

/** Reads `[…]`: items, or a loop that makes them. */
export function readArray(cursor: Cursor, read: Read): Expression {
  const line = lineHere(cursor)
  expect(cursor, '[')
  skip(cursor)
  if (match(cursor, /for\b(?!\s*[,\]:.])/y) !== null) return readLoop(cursor, read, line)
  const items: Expression[] = []
  readSeparated(cursor, ']', () => items.push(readItem(cursor, read)))
  return { kind: 'array', items, line }
}

/** Reads `{…}`: members and resources. */
export function readObject(cursor: Cursor, read: Read): Expression {
  const line = lineHere(cursor)
  const members: Member[] = []
  const resources: Inner[] = []
  expect(cursor, '{')
  readSeparated(cursor, '}', () => {
    const inner = readInner(cursor, read)
    if (inner === null) members.push(readMember(cursor, read))
    else resources.push(inner)
  })
  return { kind: 'object', members, resources, line }
}

/** Bicep wants a line's end or a comma between what stands in brackets. */
function readSeparated(cursor: Cursor, end: string, readOne: () => unknown): void {
  for (let first = true; !take(cursor, end); first = false) {
    const isApart = [take(cursor, ',', false), skip(cursor)].some((one) => one)
    if (!(first || isApart)) complain(cursor, 'stands behind another on one line without a comma')
    if (take(cursor, end)) return
    const before = cursor.at
    readOne()
    if (cursor.at === before) {
      complain(cursor, `${end} is missing`)
      return
    }
  }
}

function readItem(cursor: Cursor, read: Read): Expression {
  skip(cursor)
  const line = lineHere(cursor)
  return take(cursor, '...') ? { kind: 'spread', of: read(cursor), line } : read(cursor)
}

function readMember(cursor: Cursor, read: Read): Member {
  skip(cursor)
  const line = lineHere(cursor)
  const nothing: Expression = { kind: 'string', parts: [], line }
  if (cursor.text.startsWith('...', cursor.at)) return { line, name: null, key: nothing, value: readItem(cursor, read) }
  const word = match(cursor, /[A-Za-z_]\w*/y)?.[0]
  const key: Expression = word === undefined ? read(cursor) : { kind: 'string', parts: [word], line }
  expect(cursor, ':')
  return { line, name: word ?? literalText(key), key, value: read(cursor) }
}

const inner = /(?:@\w+\([^)]*\)\s*)*resource\s+([A-Za-z_]\w*)\s+'([^']*)'(\s+existing)?\s*=/y

function readInner(cursor: Cursor, read: Read): Inner | null {
  skip(cursor)
  const line = lineHere(cursor)
  const found = match(cursor, inner)
  if (found === null) return null
  const [, name = '', type = '', existing] = found
  return { line, name, type, isExisting: existing !== undefined, value: readPlaced(cursor, read) }
}

/** The value of a resource or module: an object, `if (…) {…}`, or a loop of either. */
export function readPlaced(cursor: Cursor, read: Read): Expression {
  skip(cursor)
  const line = lineHere(cursor)
  if (match(cursor, /if\b/y) === null) return read(cursor)
  expect(cursor, '(')
  const condition = read(cursor)
  expect(cursor, ')')
  return { kind: 'guarded', condition, body: read(cursor), line }
}

const variables = /\s*(?:([A-Za-z_]\w*)|\(\s*([A-Za-z_]\w*)\s*,\s*([A-Za-z_]\w*)\s*\))\s+in\b/y

function readLoop(cursor: Cursor, read: Read, line: number): Expression {
  const [, ...names] = match(cursor, variables) ?? []
  if (names.length === 0) complain(cursor, 'the loop has no variable')
  const over = read(cursor)
  expect(cursor, ':')
  const body = readPlaced(cursor, read)
  expect(cursor, ']')
  return { kind: 'loop', names: names.filter((name) => name !== undefined), over, body, line }
}
