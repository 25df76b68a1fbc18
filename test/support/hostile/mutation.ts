import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Mutant } from './mutants.ts'
import type * as Trial from './trial.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))

/** The source as it would be without the rule. Throws where the text is not found exactly once: the list is out of date. */
export function mutate({ file, text, by }: Mutant): string {
  const source = readFileSync(join(root, file), 'utf8')
  const found = source.split(text).length - 1
  if (found !== 1) throw new Error(`${file} has this text ${found} times: ${text}`)
  // A replacer, since the text of the new code is no pattern.
  return source.replace(text, () => by)
}

/** Copies what is tried, without that rule, and runs the rows against the copy; gives the first fault they find. */
export async function tryMutant(mutant: Mutant): Promise<string | undefined> {
  // Inside the project, so that packages resolve.
  mkdirSync(join(root, '.cache'), { recursive: true })
  const copy = mkdtempSync(join(root, '.cache/mutant-'))
  try {
    for (const folder of ['shared', 'test/support']) cpSync(join(root, folder), join(copy, folder), { recursive: true })
    writeFileSync(join(copy, mutant.file), mutate(mutant))
    const url = pathToFileURL(join(copy, 'test/support/hostile/trial.ts')).href
    const { findFirstFault } = (await import(url)) as typeof Trial
    return await findFirstFault()
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}
