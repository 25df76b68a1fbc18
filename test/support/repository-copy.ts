import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { repository } from '../../infra/build/check.ts'

const parts = ['functions', 'shared', 'infra', 'tsconfig.json', '.dependency-cruiser.cjs', 'package.json']

export interface RepositoryCopy {
  readonly root: string
  /** Writes a file of the copy, with the folders above it. */
  plant(path: string, text: string): Promise<void>
  remove(): Promise<void>
}

/** A copy of the sources in a temporary folder, for planting faults; `node_modules` is a link to ours. */
export async function copyRepository(only: readonly string[] = parts): Promise<RepositoryCopy> {
  const root = await mkdtemp(join(tmpdir(), 'countersign copy '))
  await Promise.all(only.map((part) => cp(join(repository, part), join(root, part), { recursive: true })))
  await symlink(join(repository, 'node_modules'), join(root, 'node_modules'))
  return {
    root,
    async plant(path, text) {
      await mkdir(dirname(join(root, path)), { recursive: true })
      await writeFile(join(root, path), text)
    },
    remove: () => rm(root, { recursive: true, force: true }),
  }
}
