import { constants } from 'node:fs'
import { mkdir, open, readdir, rm, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BundleFile } from '../../../shared/audit/export.ts'
import type { BundleFiles } from '../../../shared/audit/verify-bundle-files.ts'

const maxSize = 2 ** 30

/** The files of a bundle's folder: regular files of at most 1 GiB; links, folders, devices and pipes are as if not there. */
export function openBundleFolder(folder: string): BundleFiles {
  return {
    read: (name) => readRegular(join(folder, name)).catch(() => null),
    names: async () => (await readdir(folder).catch(() => [])).sort(),
  }
}

async function readRegular(path: string): Promise<Uint8Array | null> {
  // Not waiting at a pipe that nobody writes to; a link fails.
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const about = await file.stat()
    return about.isFile() && about.size <= maxSize ? await file.readFile() : null
  } finally {
    await file.close()
  }
}

/** Why a bundle cannot be written there. */
export async function refuseFolder(folder: string): Promise<string | null> {
  try {
    return (await readdir(folder)).length > 0 ? `${folder} is not empty` : null
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code === 'ENOENT' ? null : `${folder} cannot be used (${code})`
  }
}

/**
 * Writes the files one after the other, readable by this user only. Where one fails, all are removed again: a folder
 * without its manifest, which comes last, is no bundle anyway.
 */
export async function writeBundleFolder(
  folder: string,
  files: AsyncIterable<BundleFile> | Iterable<BundleFile>,
): Promise<readonly string[]> {
  const made = await mkdir(folder, { recursive: true, mode: 0o700 })
  const written: string[] = []
  try {
    for await (const { name, bytes } of files) {
      written.push(name)
      await writeFile(join(folder, name), bytes, { flag: 'wx', mode: 0o600 })
    }
    return written
  } catch (error) {
    for (const name of written) await rm(join(folder, name), { force: true })
    if (made !== undefined) await rmdir(folder).catch(() => undefined)
    throw error
  }
}
