import { join } from 'node:path'
import { bundleOptions } from '../../infra/build/build.ts'
import { openCached } from '../../infra/local/stack/build-cache.ts'
import { keepAddresses } from '../../infra/local/stack/bundle.ts'
import { projectRoot } from '../../infra/local/stack/local-folder.ts'
import { digestOf, readSources } from '../../infra/local/stack/sources.ts'

const sources = [
  'functions',
  'infra',
  'shared',
  'test/bench',
  'test/fault',
  'test/support',
  'test/unit/audit',
  'package-lock.json',
]

/**
 * The benches as plain JavaScript, built with the options of the product: what is measured is what is deployed. Packages
 * stay outside, as they are; names are kept readable for profiles. Resolves with the path of the worker.
 */
export async function openWorker(): Promise<string> {
  const key = digestOf(readSources(projectRoot, sources), projectRoot)
  const folder = await openCached({ name: 'bench', key, make: makeWorker })
  return join(folder, 'worker.js')
}

async function makeWorker(outdir: string): Promise<void> {
  const { build } = await import('esbuild')
  await build({
    ...bundleOptions,
    entryPoints: [join(projectRoot, 'test/bench/worker.ts')],
    outdir,
    splitting: true,
    minify: false,
    packages: 'external',
    banner: {},
    plugins: [keepAddresses],
  })
}
