import { fstatSync } from 'node:fs'

function isPipe(descriptor: number): boolean {
  try {
    const stat = fstatSync(descriptor)
    return stat.isFIFO() || stat.isSocket()
  } catch {
    return false
  }
}

/**
 * Calls `gone` when the parent process lets go: its end of our standard input, if that is a pipe, or its IPC channel.
 * A terminal, a file or /dev/null as standard input is no sign of a parent.
 */
export function watchParent(gone: () => void): void {
  if (process.connected) process.once('disconnect', gone)
  if (!isPipe(0)) return
  process.stdin.once('end', gone).once('close', gone).resume()
  process.stdin.on('error', gone)
}
