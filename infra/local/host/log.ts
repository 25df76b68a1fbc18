import type { LogLevel } from './contract.ts'

/** Levels as host.json's `logging.logLevel` gives them: category prefix → least level. */
export type LogLevels = Readonly<Record<string, LogLevel>>

/** The host's log. Categories are Azure's: `Host.…`, `Function.<name>`, `Function.<name>.User`. */
export interface HostLog {
  write(level: LogLevel, category: string, message: string): void
  /** Something that is wrong with the app or would fail on Azure: always written, and kept. */
  problem(message: string): void
  readonly problems: string[]
}

const order: readonly LogLevel[] = ['trace', 'debug', 'information', 'warning', 'error', 'critical', 'none']

function covers(prefix: string, category: string): boolean {
  return prefix === 'default' || category === prefix || category.startsWith(`${prefix}.`)
}

/** The least level that is written for a category: the longest matching prefix wins, `default` last. */
export function leastLevel(levels: LogLevels, category: string): LogLevel {
  const fitting = Object.keys(levels).filter((prefix) => covers(prefix, category))
  const rank = (prefix: string): number => (prefix === 'default' ? 0 : prefix.length)
  const best = fitting.sort((left, right) => rank(right) - rank(left))[0]
  return (best === undefined ? undefined : levels[best]) ?? 'information'
}

/** A log that writes one line per entry to `line`. */
export function createLog(levels: LogLevels, line: (text: string) => void): HostLog {
  const problems: string[] = []
  const emit = (level: string, category: string, message: string): void =>
    line(`${new Date().toISOString()} ${level.toUpperCase()} ${category}: ${message}`)
  return {
    problems,
    write(level, category, message) {
      if (level === 'none' || order.indexOf(level) < order.indexOf(leastLevel(levels, category))) return
      emit(level, category, message)
    },
    problem(message) {
      problems.push(message)
      emit('error', 'Host.Problem', message)
    },
  }
}

/** Name and message of anything thrown. */
export function describeError(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
}
