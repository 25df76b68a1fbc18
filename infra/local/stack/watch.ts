import { type FSWatcher, watch } from 'node:fs'
import { join } from 'node:path'
import { listFolders } from './sources.ts'

const settleMs = 40

/**
 * Calls `changed` when something under the folders of `root` has changed and then been quiet for a moment: editors save
 * in several steps. Each folder is watched by itself, which works alike on every system. Returns what ends the watch.
 */
export function watchFolders(root: string, paths: readonly string[], changed: () => void): () => void {
  const watched = new Map<string, FSWatcher>()
  let timer: NodeJS.Timeout | undefined
  const settle = (): void => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      follow()
      changed()
    }, settleMs)
  }
  const follow = (): void => {
    const folders = new Set(paths.flatMap((path) => listFolders(root, path)))
    for (const [folder, watcher] of watched) if (!folders.has(folder)) forget(folder, watcher)
    for (const folder of folders) if (!watched.has(folder)) add(folder)
  }
  const add = (folder: string): void => {
    const watcher = watch(join(root, folder), { persistent: false }, settle)
    watcher.on('error', () => forget(folder, watcher)) // the folder has gone; it is found again if it comes back
    watched.set(folder, watcher)
  }
  const forget = (folder: string, watcher: FSWatcher): void => {
    watcher.close()
    watched.delete(folder)
  }
  follow()
  return () => {
    clearTimeout(timer)
    for (const [folder, watcher] of watched) forget(folder, watcher)
  }
}
