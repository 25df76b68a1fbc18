import type { TableAnswer } from '../backend/rest-call.ts'
import type { Json } from '../pipeline/ports.ts'
import { valueAt } from './rest-drop.ts'

/** A result set: names of its columns, rows as lists of that width, and what is passed on beside them. */
export interface Table {
  readonly names: readonly string[]
  readonly rows: readonly (readonly Json[])[]
  readonly members: Readonly<Record<string, Json>>
}

const mostColumns = 5000

/** Reads a result set as its declaration says; null where the answer has another shape in any part. */
export function shapeTable(data: Json, shape: TableAnswer): Table | null {
  const found = valueAt(data, shape.rows)
  // Where there are no rows some services leave the list out, and tell the columns all the same.
  const items = (found === undefined || found === null) && shape.columns !== undefined ? [] : found
  if (!isList(items)) return null
  const names = shape.columns === undefined ? namesOf(items) : collectNames(data, shape.columns)
  if (names === null || names.length > mostColumns) return null
  const rows = items.map((item) => readRow(item, { names, shape }))
  if (!rows.every((row) => row !== null)) return null
  return { names, rows: shape.header ? withoutHeader(rows, names) : rows, members: pickMembers(data, shape) }
}

interface RowJob {
  readonly names: readonly string[]
  readonly shape: TableAnswer
}

function readRow(item: Json, { names, shape }: RowJob): readonly Json[] | null {
  const cells = shape.cells === undefined ? item : valueAt(item, shape.cells)
  if (isList(cells)) return cells.length === names.length ? cells.map((cell) => readCell(cell, shape.cell)) : null
  if (!isRecord(cells)) return null
  return names.map((name) => (Object.hasOwn(cells, name) ? readCell(cells[name] ?? null, shape.cell) : null))
}

/** A cell that holds none of the values that it could hold is null: that is how these services write it. */
function readCell(cell: Json, pointers: TableAnswer['cell']): Json {
  if (pointers === undefined || !isRecord(cell)) return cell
  const values = pointers.map((pointer) => valueAt(cell, pointer))
  return values.find((value) => value !== undefined) ?? null
}

/** A page after the first has none. */
function withoutHeader(rows: readonly (readonly Json[])[], names: readonly string[]): readonly (readonly Json[])[] {
  const [first] = rows
  return first?.every((cell, index) => cell === names[index]) ? rows.slice(1) : rows
}

/** The names at a pointer with one `*`, which stands for every item of a list. */
function collectNames(data: Json, pointer: string): readonly string[] | null {
  const [list = '', member = ''] = pointer.split('/*')
  const items = valueAt(data, list)
  if (!isList(items)) return null
  const names = items.map((item) => valueAt(item, member))
  return names.every((name) => typeof name === 'string') ? names : null
}

function namesOf(items: readonly Json[]): readonly string[] | null {
  return items.every(isRecord) ? [...new Set(items.flatMap(Object.keys))] : null
}

function pickMembers(data: Json, { members = {} }: TableAnswer): Readonly<Record<string, Json>> {
  const picked = Object.entries(members).flatMap(([pointer, name]): [string, Json][] => {
    const value = valueAt(data, pointer)
    return value === undefined ? [] : [[name, value]]
  })
  return Object.fromEntries(picked)
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value)
}

function isRecord(value: Json | undefined): value is { readonly [name: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
