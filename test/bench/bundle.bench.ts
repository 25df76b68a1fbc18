/** What is deployed: the package is made anew, and its files are weighed. */
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { pack } from '../../infra/build/package.ts'
import { type Bench, roundFigure } from './measurement.ts'

export const run: Bench = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-bench-'))
  try {
    const files = await weigh(await pack(join(folder, 'app')))
    const sum = (extension: string) =>
      files.filter(({ name }) => extname(name) === extension).reduce((total, { bytes }) => total + bytes, 0)
    const main = files.find(({ name }) => name.endsWith('/main.js'))?.bytes
    if (main === undefined) throw new Error('the package has no entry')
    const packages = files.filter(({ name }) => name.includes('node_modules'))
    return [
      { case: 'JavaScript', value: roundFigure(sum('.js') / 1e6), unit: 'MB' },
      { case: 'JavaScript of the entry', value: roundFigure(main / 1e6), unit: 'MB' },
      { case: 'WebAssembly', value: roundFigure(sum('.wasm') / 1e6), unit: 'MB' },
      { case: 'files under node_modules', value: packages.length, unit: 'files' },
    ]
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function weigh(folder: string) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const names = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return Promise.all(names.map(async (name) => ({ name, bytes: (await stat(name)).size })))
}
