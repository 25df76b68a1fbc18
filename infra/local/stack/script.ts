import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A part of the stack that runs as a process: its file in the bundle, and its source below `infra/local`. */
export interface Script {
  readonly bundled: string
  readonly source: string
}

/** Arguments for Node that run it: from the bundle where this module itself stands in it, else from its source. */
export function argumentsFor({ bundled, source }: Script): string[] {
  const beside = findBundled(bundled)
  if (beside !== null) return [beside]
  return ['--import', import.meta.resolve('tsx'), fileURLToPath(new URL(`../${source}`, import.meta.url))]
}

/** The path of a file of the bundle, where this module itself stands in one. `dirname` is true there, `url` is not. */
export function findBundled(name: string): string | null {
  const beside = join(import.meta.dirname, name)
  return existsSync(beside) ? beside : null
}
