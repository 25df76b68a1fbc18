import { fileURLToPath, pathToFileURL } from 'node:url'

/** What a check saw: a sentence with its figures, and one line for each violation. */
export interface Finding {
  readonly summary: string
  readonly violations: readonly string[]
}

/** The repository that is checked, unless a test names another. */
export const repository = fileURLToPath(new URL('../../', import.meta.url))

/** A check that saw almost nothing has proven nothing; returns the violation, if it is one. */
export function tooFew(what: string, seen: number, floor: number): readonly string[] {
  return seen >= floor ? [] : [`saw ${seen} ${what}, fewer than ${floor}: the check does not see the repository`]
}

/** Runs a check where its module is the program, prints what it saw and sets the exit code. */
export async function runAsProgram(url: string, check: () => Promise<Finding>): Promise<void> {
  if (url !== pathToFileURL(process.argv[1] ?? '').href) return
  const { summary, violations } = await check()
  for (const line of violations) process.stderr.write(`${line}\n`)
  process.stdout.write(`${summary}; ${violations.length} violations\n`)
  process.exitCode = violations.length === 0 ? 0 : 1
}
