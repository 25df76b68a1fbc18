import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { BuildOptions, Plugin } from 'esbuild'
import { openCached } from './build-cache.ts'
import { projectRoot } from './local-folder.ts'
import { digestOf, readSources } from './sources.ts'

const sources = ['infra', 'shared', 'package-lock.json']

/** What is run from the bundle, by the name that its file has there. */
const entries = {
  start: 'commands/start.ts',
  dev: 'commands/dev.ts',
  foreground: 'stack/foreground.ts',
  'guard-process': 'stack/guard-process.ts',
  gateway: 'host/main.ts',
}

/**
 * The local stack as plain JavaScript, since four processes that each read hundreds of TypeScript and package files take
 * most of a start. Made anew where a source has changed. Null where the project's folder cannot be written to.
 */
export async function openBundle(): Promise<string | null> {
  try {
    const key = digestOf(readSources(projectRoot, sources), projectRoot)
    return await openCached({ name: 'local', key, make: makeBundle })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM') return null
    throw error
  }
}

async function makeBundle(outdir: string): Promise<void> {
  const { build } = await import('esbuild')
  const local = Object.entries(entries).map(([name, path]) => [name, join(projectRoot, 'infra/local', path)])
  await Promise.all([
    build({
      ...shared,
      entryPoints: Object.fromEntries(local),
      outdir,
      outExtension: { '.js': '.mjs' },
      format: 'esm',
      splitting: true,
      // Some dependencies are CommonJS and call `require` of Node's own modules.
      banner: {
        js: "import{createRequire as bundleRequire}from'node:module';const require=bundleRequire(import.meta.url);",
      },
      plugins: [keepAddresses],
    }),
    build({ ...shared, entryPoints: [findAzurite()], outfile: join(outdir, 'azurite.cjs'), format: 'cjs' }),
  ])
}

const shared: BuildOptions = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  keepNames: true,
  logLevel: 'error',
  external: ['esbuild', 'tsx', 'pg-native', 'pg-hstore', 'applicationinsights-native-metrics'],
}

/** Azurite's entry, in the package. */
export function findAzurite(): string {
  return createRequire(import.meta.url).resolve('azurite/dist/src/azurite.js')
}

/** A source finds its neighbours by its own address, and does so still when it stands in the bundle. */
export const keepAddresses: Plugin = {
  name: 'addresses',
  setup: (build) => {
    build.initialOptions.define = { 'import.meta.url': '__address' }
    build.onLoad({ filter: /\.[cm]?[jt]s$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8')
      if (!text.includes('import.meta.url')) return undefined
      const address = `const __address = ${JSON.stringify(pathToFileURL(path).href)};`
      return { contents: address + text, loader: path.endsWith('ts') ? 'ts' : 'js' }
    })
  },
}
