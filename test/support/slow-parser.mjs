// Imitates the parsers' workers for tests of their budget: answers everything with one tree, except that the word
// `forever` in a text never ends, `crash` throws, `spent` asks to be replaced and `counted` is refused when it comes first.
import { parentPort } from 'node:worker_threads'

const libpg = { tree: { stmts: [{ stmt: { SelectStmt: { targetList: [] } } }] } }
const polyglot = { trees: [{ select: { expressions: [{ literal: { literal_type: 'number', value: '1' } }] } }] }
let answered = 0

parentPort.on('message', ({ text, parts }) => {
  const sql = text ?? parts.map((part) => part.text).join(';')
  if (sql.includes('crash')) throw new Error('crash')
  while (sql.includes('forever'));
  const isFirst = answered === 0
  answered += 1
  if (sql.includes('counted') && isFirst) parentPort.postMessage({ refused: 'first_of_this_thread' })
  else parentPort.postMessage({ ...(parts === undefined ? libpg : polyglot), spent: sql.includes('spent') })
})
parentPort.postMessage('ready')
