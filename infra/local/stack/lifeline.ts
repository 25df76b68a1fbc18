import { readFileSync } from 'node:fs'
import { parentOf, startOf } from './process-identity.ts'

const everyMs = 500
const maxDepth = 6

/**
 * Calls `gone` once when the process that started us has died. Under npm that is npm itself, a few parents up, so that
 * killing `npm start` ends the stack. Returns what stops the watch.
 */
export function watchParent(gone: () => void): () => void {
  const parent = findStarter()
  const [start, direct] = [startOf(parent), process.ppid]
  const timer = setInterval(() => {
    if (startOf(parent) === start && process.ppid === direct) return
    clearInterval(timer)
    gone()
  }, everyMs)
  timer.unref()
  return () => clearInterval(timer)
}

function findStarter(): number {
  let pid: number | null = process.ppid
  for (let depth = 0; depth < maxDepth && pid !== null && pid > 1; depth += 1) {
    if (isNpm(pid)) return pid
    pid = parentOf(pid)
  }
  return process.ppid
}

function isNpm(pid: number): boolean {
  if (process.env.npm_lifecycle_event === undefined || process.platform !== 'linux') return false
  return readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('npm')
}
