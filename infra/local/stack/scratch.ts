import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { readJson, writePrivate } from './local-folder.ts'
import { startOf } from './process-identity.ts'

const runPrefix = 'countersign-run-'
const ownerFile = 'owner.json'

/**
 * The folder under the system's temporary folder that keeps staged programs between starts. It belongs to this user
 * and nobody else can write into it; a folder of that name made by somebody else is refused, never used.
 */
export function openCacheFolder(): string {
  const folder = join(scratchRoot(), `countersign-${currentUid()}`)
  mkdirSync(folder, { recursive: true, mode: 0o711 })
  assertOwned(folder)
  return folder
}

/** A new folder for one run of the stack; others may pass through it (0711) but not list it. */
export function makeRunFolder(): string {
  const folder = mkdtempSync(join(scratchRoot(), runPrefix))
  chmodSync(folder, 0o711)
  writePrivate(join(folder, ownerFile), { pid: process.pid, start: startOf(process.pid) } satisfies Owner)
  return folder
}

interface Owner {
  readonly pid: number
  readonly start: string | null
}

/** Removes this user's run folders whose stack has died without its guard; one that names no owner is left alone. */
export function removeDeadRunFolders(): void {
  const root = scratchRoot()
  for (const name of readdirSync(root).filter((each) => each.startsWith(runPrefix))) {
    const folder = join(root, name)
    if (isOurs(folder) && isOwnerDead(folder)) rmSync(folder, { recursive: true, force: true })
  }
}

function isOurs(folder: string): boolean {
  const found = lstatSync(folder, { throwIfNoEntry: false })
  return found?.isDirectory() === true && found.uid === currentUid()
}

function isOwnerDead(folder: string): boolean {
  const owner = readJson<Owner>(join(folder, ownerFile))
  return owner !== null && startOf(owner.pid) !== owner.start
}

/** Throws unless the folder is a real folder, owned by this user, that only this user can write to. */
export function assertOwned(folder: string): void {
  const found = lstatSync(folder)
  const sound = found.isDirectory() && found.uid === currentUid() && (found.mode & 0o022) === 0
  if (!sound) throw new Error(`${folder} belongs to somebody else or others can write to it; remove it and start again`)
}

/** The user id of this process; 0 is root. */
export function currentUid(): number {
  return process.getuid?.() ?? 0
}

/** As root the database runs as another user, who has to be able to pass through every folder above. */
function scratchRoot(): string {
  const wanted = tmpdir()
  return currentUid() !== 0 || isPassable(wanted) ? wanted : '/tmp'
}

function isPassable(folder: string): boolean {
  if ((statSync(folder).mode & 0o001) === 0) return false
  const above = dirname(folder)
  return above === folder || isPassable(above)
}
