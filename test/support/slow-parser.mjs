// Imitates the parser's worker for tests of its budget: answers everything with one tree, except that the word
// `forever` in a text never ends and `crash` throws.
import { parentPort } from 'node:worker_threads'

parentPort.on('message', ({ text }) => {
  if (text.includes('crash')) throw new Error('crash')
  while (text.includes('forever'));
  parentPort.postMessage({ tree: { stmts: [{ stmt: { SelectStmt: { targetList: [] } } }] } })
})
parentPort.postMessage('ready')
