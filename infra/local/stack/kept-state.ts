import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { readJson, removeFile, writePrivate } from './local-folder.ts'

/** The state of a stack started with `--keep`: a folder of files readable by this user only. */
export interface KeptState {
  readonly folder: string
  /** The part of that name from the last run, or undefined. */
  read<T>(name: string): T | undefined
  write(name: string, content: unknown): void
  /** What an unclean stop of the last run may have cost, null after a clean one. */
  readonly loss: DeclaredLoss | null
  /** Marks the stop as clean. */
  close(): void
}

/** A loss that the next start declares, so that verification reports it as such and not as tampering. */
export interface DeclaredLoss {
  /** ISO 8601 UTC: the lost changes lie between the start of that run and its discovery. */
  readonly runStarted: string
  readonly discovered: string
  readonly mayBeLost: readonly string[]
}

const marker = 'running.json'
const lossFile = 'declared-loss.json'
const maxLosses = 1000

/** Opens (or makes) the kept state and marks it as in use. `now` is ISO 8601 UTC. */
export function openKeptState(folder: string, now: string): KeptState {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const path = (name: string) => join(folder, name)
  const loss = declareLoss(folder, now)
  writePrivate(path(marker), { started: now, pid: process.pid } satisfies Marker)
  return {
    folder,
    loss,
    read: <T>(name: string) => readJson<T>(path(`${name}.json`)) ?? undefined,
    write: (name, content) => writePrivate(path(`${name}.json`), content),
    close: () => removeFile(path(marker)),
  }
}

interface Marker {
  readonly started: string
  readonly pid: number
}

/**
 * The losses of the kept state that the process `pid` runs on, oldest first; none where it keeps nothing. A declaration
 * is never withdrawn: the gap stays in the book for as long as the kept state does, and both go with its folder.
 */
export function readLosses(folder: string, pid: number): readonly DeclaredLoss[] {
  if (readJson<Marker>(join(folder, marker))?.pid !== pid) return []
  return readJson<readonly DeclaredLoss[]>(join(folder, lossFile)) ?? []
}

function declareLoss(folder: string, now: string): DeclaredLoss | null {
  const left = join(folder, marker)
  if (!existsSync(left)) return null
  const started = readJson<Marker>(left)?.started ?? 'unknown'
  const loss: DeclaredLoss = {
    runStarted: started,
    discovered: now,
    mayBeLost: [
      'audit rows, approvals and blobs written within about five seconds before the end (Azurite writes that often)',
      'changes to the database and to orders since the last clean stop',
    ],
  }
  const before = readJson<readonly DeclaredLoss[]>(join(folder, lossFile)) ?? []
  writePrivate(join(folder, lossFile), [...before, loss].slice(-maxLosses))
  return loss
}
