/**
 * Keeps what a release writes and verifies for the tests of the next one: `npx tsx infra/build/keep-previous.ts <revision>`
 * bundles the audit writer and verifier of that revision into test/vectors/previous/audit.mjs, which is committed.
 */
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build as bundle } from 'esbuild'
import { root } from './build.ts'

const parts = {
  createAuditWriter: 'writer',
  verifyChain: 'verify',
  readStoredChain: 'stored-chain',
  rowVersion: 'record',
}

/** Writes the bundle of `revision` (anything that git resolves); gives its full hash. */
export async function keepPrevious(revision: string): Promise<string> {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim()
  const hash = git('rev-parse', '--verify', `${revision}^{commit}`)
  const folder = await mkdtemp(join(tmpdir(), 'previous-'))
  const tree = join(folder, 'tree')
  try {
    git('worktree', 'add', '--detach', tree, hash)
    const entry = Object.entries(parts).map(([name, file]) => `export { ${name} } from './shared/audit/${file}.ts'`)
    await bundle({
      stdin: { contents: entry.join('\n'), resolveDir: tree, loader: 'ts' },
      outfile: join(root, 'test/vectors/previous/audit.mjs'),
      bundle: true,
      minify: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      legalComments: 'none',
      nodePaths: [join(root, 'node_modules')],
      banner: { js: `// Made by infra/build/keep-previous.ts from ${hash}; never edited.` },
    })
    await writeFile(join(root, 'test/vectors/previous/revision.txt'), `${hash}\n`)
    return hash
  } finally {
    git('worktree', 'remove', '--force', tree)
    await rm(folder, { recursive: true, force: true })
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  process.stdout.write(`${await keepPrevious(process.argv[2] ?? 'HEAD')}\n`)
}
