import { open, stat } from 'node:fs/promises'
import type { LogEntry } from './server.ts'

/** Statements of the stack itself and of its Databricks stand-in, which runs on the same server: no service's log has these. */
const internal = / user=countersign_owner | app=databricks-stand-in /
const start = /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}) UTC \[/

/**
 * The server's own log as `PGSQLServerLogs` has it: an entry a message, with its prefix. Reads on where it stopped the
 * last time; a message that is not ended yet waits for the next.
 */
export function followServerLog(path: string): () => Promise<readonly LogEntry[]> {
  const entries: LogEntry[] = []
  let offset = 0
  let rest = ''
  return async () => {
    const added = await readFrom(path, offset)
    offset += added.length
    const lines = (rest + added.toString('utf8')).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) take(entries, line)
    return entries.filter(({ Message }) => !internal.test(String(Message).slice(0, 400)))
  }
}

/** Further lines of a message begin with a tab. */
function take(entries: LogEntry[], line: string): void {
  const time = start.exec(line)?.[1]
  const last = entries.at(-1)
  if (time !== undefined) entries.push({ TimeGenerated: `${time.replace(' ', 'T')}Z`, Message: line })
  else if (last !== undefined) entries[entries.length - 1] = { ...last, Message: `${last.Message}\n${line.slice(1)}` }
}

async function readFrom(path: string, offset: number): Promise<Buffer> {
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  )
  if (size <= offset) return Buffer.alloc(0)
  const file = await open(path)
  try {
    const bytes = Buffer.alloc(size - offset)
    const { bytesRead } = await file.read(bytes, 0, bytes.length, offset)
    return bytes.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}
