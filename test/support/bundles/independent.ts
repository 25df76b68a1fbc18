// Runs the independent verifier (Python and openssl) over a vector, in a fresh folder.
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BundleVector, BundleVectors } from '../../vectors/make-bundles.ts'

const script = fileURLToPath(new URL('../../../infra/evidence/verify_bundle.py', import.meta.url))
const runner = fileURLToPath(new URL('../../vectors/verify_bundles.py', import.meta.url))

/** What the script prints about a bundle, and its exit code. */
export type Printed = readonly [exit: number, line: string]

/** The bytes of a content by its name. */
function contentOf({ contents }: BundleVectors, name: string): Buffer {
  const content = contents[name] ?? { text: '' }
  return 'text' in content ? Buffer.from(content.text) : Buffer.from(content.base64, 'base64')
}

/** What the script prints about each bundle, all in one process. */
export async function runScriptOver(vectors: BundleVectors): Promise<readonly Printed[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bundles-'))
  try {
    const given = vectors.cases.map((one, at) => layOut(vectors, one, makeFolder(join(folder, String(at)))))
    const [, printed, complaint] = await runPython([runner], JSON.stringify(given))
    if (complaint !== '') throw new Error(complaint)
    return JSON.parse(printed) as Printed[]
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The same script as an auditor runs it. */
export async function runScript(
  args: readonly string[],
): Promise<readonly [exit: number, line: string, complaint: string]> {
  const [exit, printed, complaint] = await runPython([script, ...args])
  return [exit, printed.trimEnd(), complaint]
}

function makeFolder(path: string): string {
  mkdirSync(path)
  return path
}

/** Writes the bundle to `folder/bundle`, what the reader keeps beside it, and gives the arguments of the command. */
export function layOut(vectors: BundleVectors, one: BundleVector, folder: string): readonly string[] {
  const bundle = join(folder, 'bundle')
  const put = (path: string, name: string) => writeFileSync(path, contentOf(vectors, name))
  mkdirSync(bundle)
  for (const [name, content] of Object.entries(one.files)) {
    const isLink = one.links.includes(name)
    put(join(isLink ? folder : bundle, name), content)
    if (isLink) symlinkSync(join('..', name), join(bundle, name))
  }
  const { key, fingerprint } = one.pinned
  const since = one.since.flatMap((content, at) => {
    put(join(folder, `since-${at}`), content)
    return ['--since', join(folder, `since-${at}`)]
  })
  if (key !== undefined) put(join(folder, 'key.pem'), key)
  const pinned =
    key === undefined
      ? fingerprint === undefined
        ? []
        : ['--fingerprint', fingerprint]
      : ['--key', join(folder, 'key.pem')]
  return [bundle, ...pinned, ...since, ...(one.decision === null ? [] : ['--decision', one.decision]), '--json']
}

function runPython(args: readonly string[], input = ''): Promise<[exit: number, printed: string, complaint: string]> {
  return new Promise((resolve) => {
    const done = (_: unknown, printed: string, complaint: string) => resolve([child.exitCode ?? -1, printed, complaint])
    const child = execFile('python3', [...args], { maxBuffer: 1 << 26 }, done)
    child.stdin?.end(input)
  })
}
