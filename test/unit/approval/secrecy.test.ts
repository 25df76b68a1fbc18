import { describe, expect, it } from 'vitest'
import { findSecrets, showCall } from '../../../shared/approval/secrecy.ts'
import type { Operation } from '../../../shared/backend/define.ts'
import type { Invocation, Json, Understood } from '../../../shared/pipeline/ports.ts'
import { lineBackend } from '../../support/line-backend.ts'

const [plain] = Object.values(lineBackend.operations)
if (plain === undefined) throw new Error('the backend has no operation')

const classification = { 'sales.orders.id': 'none', 'hr.logins.name': 'none', 'hr.logins.password': 'secret.password' }

function show(inputs: Record<string, Json>, more: { operation?: Partial<Operation>; writes?: readonly string[] } = {}) {
  const { statement: _, labels: _labels, ...bare } = plain as Operation
  const operation: Operation = { ...bare, ...more.operation }
  const invocation: Invocation = { backend: lineBackend, operationName: 'op', operation, inputs }
  const understood: Understood = {
    ...{ effect: 'delete', understood: true, reads: [], writes: more.writes ?? [], dangers: [], statements: 1 },
  }
  const secrecy = findSecrets({ invocation, understood }, classification)
  const text = operation.statement === undefined ? '' : String(inputs[operation.statement.input])
  return showCall({ inputs: JSON.stringify(inputs), statement: text }, secrecy)
}

const sql = { statement: { input: 'sql', dialect: 'postgres' } } as const

describe('call as a voter sees it', () => {
  it('is shown whole where nothing in it is secret', () => {
    const inputs = { sql: "DELETE FROM sales.orders WHERE region = 'EMEA' AND id = $1", params: [7, 'x'] }
    expect(show(inputs, { operation: sql, writes: ['sales.orders'] })).toEqual({
      inputs,
      statement: inputs.sql,
      ...{ hidden: [], hiddenFor: [], escaped: [] },
    })
  })

  it('has no value for an input that bears the name of a member that is masked', () => {
    const labels = { '/key/value': 'secret', '/name': 'pii.name', '/region': 'none' }
    const given = { value: { deep: 'hunter2' }, name: 'n', region: 'EMEA' }
    const { inputs, hidden, hiddenFor } = show(given, { operation: { labels } })
    expect(inputs).toEqual({ value: '[removed]', name: '[removed]', region: 'EMEA' })
    expect([hidden, hiddenFor]).toEqual([
      ['/inputs/name', '/inputs/value'],
      ['pii.name', 'secret'],
    ])
  })

  it('has no content for an object whose content is secret', () => {
    const operation = { object: 'container' }
    const inputs = { container: 'logins', password: 'hunter2', name: 'n' }
    const shown = show(inputs, { operation, writes: ['logins'] })
    expect([shown.inputs, shown.hidden]).toEqual([{ ...inputs, password: '[removed]' }, ['/inputs/password']])
    expect(show({ ...inputs, container: 'other' }, { operation, writes: ['other'] }).hidden).toEqual([])
  })

  it('has neither literals nor values of a statement that touches a table with a secret column', () => {
    const text = "DELETE FROM hr.logins WHERE password = 'hunter2' AND name = $1 AND pin = 4711"
    for (const writes of [['hr.logins'], ['logins'], ['HR.LOGINS']]) {
      const shown = show({ sql: text, params: ['hunter2'] }, { operation: sql, writes })
      expect(shown.statement).toBe('DELETE FROM hr.logins WHERE password = *** AND name = $1 AND pin = ***')
      expect(shown.inputs).toEqual({ sql: shown.statement, params: '[removed]' })
      expect(shown.hidden).toEqual(['/inputs/params', '/inputs/sql'])
    }
  })

  it.each([
    String.raw`DELETE FROM hr.logins WHERE password = E'hun\'ter2'`,
    'DELETE FROM hr.logins WHERE password = $$hunter2$$',
    'DELETE FROM hr.logins WHERE password = $a$hunter2$a$',
    'DELETE FROM hr.logins WHERE password = "hunter2"',
    "DELETE FROM hr.logins /* ' */ WHERE password = 'hunter2'",
    "DELETE FROM hr.logins WHERE password = 'hunter2",
  ])('is not shown where its quoting could be read in two ways: %s', (text) => {
    const shown = show({ sql: text }, { operation: sql, writes: ['hr.logins'] })
    expect([shown.statement, shown.inputs]).toEqual(['[removed]', { sql: '[removed]' }])
  })

  it('has no token, key or signed link, wherever it stands', () => {
    const link = 'https://a.blob.core.windows.net/c/b?sv=2024&sig=abcdefghijklmnop'
    const { inputs, hidden } = show({ note: { text: 'AccountKey=c2VjcmV0c2VjcmV0', link }, id: '7' })
    expect(JSON.stringify(inputs)).not.toMatch(/c2VjcmV0|sig=/)
    expect([inputs.id, hidden]).toEqual(['7', ['/inputs/note']])
    const statement = "DELETE FROM t WHERE k = 'AccountKey=c2VjcmV0c2VjcmV0'"
    expect(show({ sql: statement }, { operation: sql }).statement).not.toContain('c2VjcmV0')
  })

  it('takes time that grows with its length only', () => {
    const text = `DELETE FROM hr.logins WHERE a = ${"'a' || ".repeat(60_000)}'z'`
    const started = performance.now()
    expect(show({ sql: text }, { operation: sql, writes: ['hr.logins'] }).statement).not.toContain("'a'")
    expect(performance.now() - started).toBeLessThan(1000)
  })
})
