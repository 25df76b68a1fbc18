import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build, root } from './build.ts'

/**
 * The deployable package: the bundle, host.json, what azd leaves out, and a package.json without dependencies, and no `node_modules`. What
 * the tests ran is what is uploaded.
 */
export async function pack(folder = join(root, '.cache/package')): Promise<string> {
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  await build(join(folder, 'dist'))
  await cp(join(root, 'host.json'), join(folder, 'host.json'))
  // azd looks for it in the folder that it uploads.
  await cp(join(root, '.funcignore'), join(folder, '.funcignore'))
  const { name, version, license, type, main, engines } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  const manifest = { name, version, license, private: true, type, main, engines }
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
  return folder
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  process.stdout.write(`${await pack(process.argv[2])}\n`)
}
