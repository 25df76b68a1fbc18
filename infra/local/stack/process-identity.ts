import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** When a process began, as text that stays the same while it lives: tells it from a later one with the same id. */
export function startOf(pid: number): string | null {
  try {
    if (process.platform === 'linux') return statFields(pid)[19] ?? null
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

/** The fields of /proc/<pid>/stat after the command, which may itself hold spaces and brackets (proc(5)). */
function statFields(pid: number): string[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return text.slice(text.lastIndexOf(')') + 2).split(' ')
}
