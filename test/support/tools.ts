import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { it } from 'vitest'

/** Whether a missing tool is a failure: `.ci/run` installs them all and says so. */
const isRequired = process.env.REQUIRE_TOOLS === '1'

type Declare = (name: string, run: () => unknown, timeout?: number) => void

/**
 * `it` for a test that needs a tool of the system, by the name of its command. Where the tool is missing, the test is
 * skipped and its name says so; where REQUIRE_TOOLS is 1, it fails instead.
 */
export function needs(tool: string, isThere: (tool: string) => boolean = isOnPath): Declare {
  if (isThere(tool)) return it
  if (!isRequired) return (name, run, timeout) => it.skip(`${name} (skipped: needs ${tool})`, run, timeout)
  return (name) =>
    it(`${name} (needs ${tool})`, () => {
      throw new Error(`${tool} is not there although REQUIRE_TOOLS is 1`)
    })
}

/** Whether a command of this name can be run. */
export function isOnPath(tool: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => canRun(join(folder, tool)))
}

function canRun(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
