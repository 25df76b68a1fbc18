import { Problem } from '../errors/problem.ts'
import type { Json } from '../pipeline/ports.ts'
import { type MaskRequest, makeTools, treeOf } from './mask.ts'
import { maskTree } from './tree-mask.ts'

/** JSON values by line, masked. */
export interface LineStream {
  readonly lines: AsyncIterable<string>
  /** What was masked so far. */
  readonly report: ReturnType<typeof makeTools>['report']
}

/** Longest line, in characters: what one document of a stream may take of memory. */
const longestLine = 4_194_304

/**
 * Masks JSON by line (NDJSON), each line when it is complete, as an answer of that shape would be masked. Pieces may be
 * cut anywhere, within a character too. Throws Problem `backend_failed` for a line that is no JSON or is too long.
 */
export function maskLines(request: Omit<MaskRequest, 'answer'>, pieces: AsyncIterable<Uint8Array>): LineStream {
  const tools = makeTools(request)
  const labels = treeOf(request)
  async function* masked() {
    for await (const line of splitLines(pieces)) {
      yield `${JSON.stringify(maskTree({ ...tools, labels, data: parseLine(line) }))}\n`
    }
  }
  return { lines: masked(), report: tools.report }
}

async function* splitLines(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let held = ''
  for await (const piece of pieces) {
    const lines = (held + decode(() => decoder.decode(piece, { stream: true }))).split('\n')
    held = lines.pop() ?? ''
    yield* lines.filter((line) => line.trim() !== '')
    if (held.length > longestLine) throw broken('line_too_long')
  }
  const last = held + decode(() => decoder.decode())
  if (last.trim() !== '') yield last
}

function decode(read: () => string): string {
  try {
    return read()
  } catch {
    throw broken('line_encoding')
  }
}

function parseLine(line: string): Json {
  try {
    return JSON.parse(line) as Json
  } catch {
    throw broken('line_malformed')
  }
}

/** The cause is left out: it would quote the line. */
function broken(reason: string): Problem {
  return new Problem('backend_failed', 'The backend sent a line that is not JSON.', { reason })
}
