// Bundles as files in memory, and the ways in which the vectors change them.
import { createHash } from 'node:crypto'
import type { BundleFiles } from '../../../shared/audit/verify-bundle-files.ts'

export type Files = ReadonlyMap<string, Buffer>

/** Names of files that are links in the folder: no verifier follows them. */
export type Links = readonly string[]

/** The port of the verifier over files in memory. */
export function openFiles(files: Files, links: Links = []): BundleFiles {
  return {
    read: async (name) => (links.includes(name) ? null : (files.get(name) ?? null)),
    names: async () => [...files.keys()],
  }
}

/** These files with some of them changed; null takes one away. The manifest is left as it is. */
export function change(files: Files, changes: Readonly<Record<string, string | Buffer | null>>): Files {
  const changed = new Map(files)
  for (const [name, content] of Object.entries(changes)) {
    if (content === null) changed.delete(name)
    else changed.set(name, Buffer.from(content))
  }
  return changed
}

/** The same with a manifest that fits: whoever changes a bundle can write that too. */
export function reseal(files: Files, members: object = {}): Files {
  const { files: _, ...manifest } = JSON.parse(textOf(files, 'manifest.json') || '{}') as Record<string, unknown>
  const digests = [...files].filter(([name]) => name !== 'manifest.json').sort(([a], [b]) => (a < b ? -1 : 1))
  const entries = digests.map(([name, bytes]) => [name, createHash('sha256').update(bytes).digest('hex')])
  const sealed = { ...manifest, ...members, files: Object.fromEntries(entries) }
  return change(files, { 'manifest.json': `${JSON.stringify(sealed, null, 2)}\n` })
}

export function textOf(files: Files, name: string): string {
  return files.get(name)?.toString('utf8') ?? ''
}

export function linesOf(files: Files, name: string): string[] {
  return textOf(files, name).trimEnd().split('\n')
}

/** Lines changed, and the manifest made to fit. */
export function edit(files: Files, name: string, by: (lines: string[]) => readonly string[]): Files {
  return reseal(change(files, { [name]: joinLines(by(linesOf(files, name))) }))
}

export function joinLines(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`
}
