import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { readJson, removeFile, writePrivate } from './local-folder.ts'

/** The state of a stack started with `--keep`: a folder of files readable by this user only. */
export interface KeptState {
  readonly folder: string
  /** The part of that name from the last run, or undefined. */
  read<T>(name: string): T | undefined
  write(name: string, content: unknown): void
  /** What an unclean stop may have cost, null after a clean one; stays true until a verification has dealt with it. */
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

/** Opens (or makes) the kept state and marks it as in use. `now` is ISO 8601 UTC. */
export function openKeptState(folder: string, now: string): KeptState {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const path = (name: string) => join(folder, name)
  const loss = declareLoss(folder, now)
  writePrivate(path(marker), { started: now })
  return {
    folder,
    loss,
    read: <T>(name: string) => readJson<T>(path(`${name}.json`)) ?? undefined,
    write: (name, content) => writePrivate(path(`${name}.json`), content),
    close: () => removeFile(path(marker)),
  }
}

function declareLoss(folder: string, now: string): DeclaredLoss | null {
  const left = join(folder, marker)
  if (!existsSync(left)) return null
  const started = readJson<{ started: string }>(left)?.started ?? 'unknown'
  const loss: DeclaredLoss = {
    runStarted: started,
    discovered: now,
    mayBeLost: [
      'audit rows, approvals and blobs written within about five seconds before the end (Azurite writes that often)',
      'changes to the database and to orders since the last clean stop',
    ],
  }
  writePrivate(join(folder, lossFile), loss)
  return loss
}
