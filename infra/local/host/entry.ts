import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { z } from 'zod'
import { findFiles } from './entry-glob.ts'
import { describeError } from './log.ts'

const manifest = z.looseObject({ main: z.string().min(1) })

async function readMain(appRoot: string): Promise<string> {
  const file = join(appRoot, 'package.json')
  try {
    return manifest.parse(JSON.parse(await readFile(file, 'utf8'))).main
  } catch (error) {
    throw new Error(`${file} names no entry in 'main': ${describeError(error)}`, { cause: error })
  }
}

/** The app's entry files: those given, or package.json's `main`, which may be a glob; no match throws. */
export async function resolveEntry(appRoot: string, given?: readonly string[]): Promise<readonly string[]> {
  const patterns = given ?? [await readMain(appRoot)]
  const found = await Promise.all(
    patterns.map(async (pattern) => {
      const exact = resolve(appRoot, pattern)
      const files = existsSync(exact) ? [exact] : await findFiles(appRoot, pattern)
      if (files.length === 0) throw new Error(`the entry '${pattern}' fits no file in ${appRoot}`)
      return files
    }),
  )
  return found.flat()
}

/** Imports the entry files (ESM or CommonJS); one that throws ends the start, named. */
export async function loadEntry(files: readonly string[]): Promise<void> {
  for (const file of files) {
    try {
      await import(pathToFileURL(file).href)
    } catch (error) {
      throw new Error(`the entry file ${file} cannot be loaded: ${describeError(error)}`, { cause: error })
    }
  }
}
