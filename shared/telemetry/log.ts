/** Fields that a log line may carry; anything else is dropped, so that no token, input or name can slip in. */
const allowed = new Set([
  'decisionId',
  'instance',
  'traceId',
  'code',
  'reason',
  'status',
  'backend',
  'operation',
  'kind',
  'durationMs',
  'error',
  'count',
  'lane',
  'segment',
  'seq',
  'run',
  'kid',
  'tenant',
  'verdict',
  'unconfirmed',
  'days',
  'version',
  'digest',
])

export type LogFields = Readonly<Record<string, string | number | boolean>>
export type Log = (event: string, fields?: LogFields) => void

/** Structured lines, one JSON object each; `write` takes the finished line, `now` epoch milliseconds. */
export function createLog(write: (line: string) => void, now: () => number): Log {
  return (event, fields = {}) => {
    const line: Record<string, string | number | boolean | undefined> = { time: new Date(now()).toISOString(), event }
    for (const name of Object.keys(fields)) if (allowed.has(name)) line[name] = fields[name]
    write(JSON.stringify(line))
  }
}

/** The class of a failure for the log: its name and code, never its message, which may quote values. */
export function nameFailure(error: unknown): string {
  if (!(error instanceof Error)) return typeof error
  const code = 'code' in error && typeof error.code === 'string' ? `/${error.code}` : ''
  return `${error.name}${code}`
}
