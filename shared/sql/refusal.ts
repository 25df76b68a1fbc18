import type { Statement } from './statement.ts'

/** What could not be understood counts as the worst; the reason is a snake_case name. */
export function refusedStatement(refused: string, statements = 0): Statement {
  return { effect: 'admin', safeRead: false, statements, reads: [], writes: [], dangers: [], refused, outputs: null }
}
