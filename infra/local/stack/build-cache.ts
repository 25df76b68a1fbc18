import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from './local-folder.ts'

const keptMs = 7 * 24 * 3600 * 1000

/** A folder of the build cache: what it is called, the digest of all that decides its content, and what fills it. */
export interface Cached {
  readonly name: string
  readonly key: string
  readonly make: (folder: string) => Promise<unknown>
}

/**
 * The folder of that name and key, made if it is not there: aside first, then renamed, so that a reader never sees half
 * of it. Folders that nobody has asked for in a week are removed; a running stack may still load from younger ones.
 */
export async function openCached({ name, key, make }: Cached): Promise<string> {
  const cache = join(projectRoot, '.cache')
  const folder = join(cache, `${name}-${key.slice(0, 32)}`)
  if (existsSync(folder)) {
    utimesSync(folder, new Date(), new Date())
    return folder
  }
  mkdirSync(cache, { recursive: true })
  removeStale(cache, name)
  const aside = mkdtempSync(join(cache, `${name}-new-`))
  try {
    await make(aside)
    rename(aside, folder)
  } finally {
    rmSync(aside, { recursive: true, force: true })
  }
  return folder
}

/** Another start may have been quicker: its folder is as good as ours. */
function rename(aside: string, folder: string): void {
  try {
    renameSync(aside, folder)
  } catch (error) {
    if (!existsSync(folder)) throw error
  }
}

function removeStale(cache: string, name: string): void {
  const ours = readdirSync(cache).filter((each) => each.startsWith(`${name}-`))
  for (const each of ours) {
    const age = Date.now() - (statSync(join(cache, each), { throwIfNoEntry: false })?.mtimeMs ?? Date.now())
    if (age > keptMs) rmSync(join(cache, each), { recursive: true, force: true })
  }
}
