import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** A file of the package by its path there. */
export interface Packed {
  readonly path: string
  readonly bytes: number
  readonly text: () => string
}

/** Every file under a folder, by their paths, `/` between folders. */
export function listFiles(folder: string): readonly Packed[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => statSync(join(folder, path)).isFile())
    .map((path) => ({
      path: path.replaceAll('\\', '/'),
      bytes: statSync(join(folder, path)).size,
      text: () => readFileSync(join(folder, path), 'utf8'),
    }))
    .sort((a, b) => (a.path < b.path ? -1 : 1))
}

/** Whether `.funcignore` keeps a file from being uploaded; patterns as in `.gitignore`, without `**` and character classes. */
export function isIgnored(patterns: string, path: string): boolean {
  const lines = patterns.split('\n').map((line) => line.trim())
  const rules = lines.filter((line) => line !== '' && !line.startsWith('#'))
  return rules.reduce(
    (ignored, rule) => (matches(rule.replace(/^!/, ''), path) ? !rule.startsWith('!') : ignored),
    false,
  )
}

function matches(rule: string, path: string): boolean {
  const isFolder = rule.endsWith('/')
  const plain = rule.replace(/^\/|\/$/g, '')
  const pattern = plain.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '[^/]*')
  const start = rule.replace(/\/$/, '').includes('/') ? '^' : '(^|/)'
  return new RegExp(`${start}${pattern}${isFolder ? '/' : '(/|$)'}`).test(path)
}
