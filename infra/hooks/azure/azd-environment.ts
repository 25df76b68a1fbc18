import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const azdMs = 20_000

/** Keeps a value in azd's environment, as `azd env set` does; azd reads it again when the hook is over. False: not kept. */
export async function keepValue(name: string, value: string): Promise<boolean> {
  try {
    await promisify(execFile)('azd', ['env', 'set', name, value], { timeout: azdMs })
    return true
  } catch {
    return false
  }
}
