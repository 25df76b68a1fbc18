import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** When a process began, as text that stays the same while it lives (tells it from a later one of that id); null: ended. */
export function startOf(pid: number): string | null {
  try {
    if (process.platform === 'linux') return startFrom(statFields(pid))
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || null
  } catch {
    return null
  }
}

/** The parent of a process, or null once it is gone. */
export function parentOf(pid: number): number | null {
  try {
    const text =
      process.platform === 'linux'
        ? statFields(pid)[1]
        : execFileSync('ps', ['-o', 'ppid=', '-p', String(pid)], { encoding: 'utf8' })
    return Number.parseInt(text ?? '', 10) || null
  } catch {
    return null
  }
}

/** Field 22 is the start in clock ticks; a zombie has ended and only waits to be collected. */
function startFrom(fields: readonly string[]): string | null {
  return fields[0] === 'Z' ? null : (fields[19] ?? null)
}

/** The fields of /proc/<pid>/stat from the third on, after the command, which may itself hold spaces and brackets (proc(5)). */
function statFields(pid: number): string[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return text.slice(text.lastIndexOf(')') + 2).split(' ')
}
