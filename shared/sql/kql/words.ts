import { textAt } from '../reader.ts'
import type { Kql } from './state.ts'

const sources: ReadonlySet<string> = new Set('union print range datatable externaldata search find evaluate'.split(' '))

/** Whether an operator begins here that needs no table before it. */
export function isSource(kql: Kql): boolean {
  const word = textAt(kql)
  return sources.has(word) && !(word === 'range' && textAt(kql, 1) === '(')
}
