import { readdir } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'

/** `a/{b,c}.js` → `a/b.js`, `a/c.js`; braces may nest. */
export function expandBraces(pattern: string): readonly string[] {
  const innermost = /^(.*)\{([^{}]*)\}(.*)$/s.exec(pattern)
  if (innermost === null) return [pattern]
  const [, before = '', choices = '', after = ''] = innermost
  const expanded = choices.split(',').flatMap((choice) => expandBraces(`${before}${choice}${after}`))
  return [...new Set(expanded)]
}

const tokens: readonly (readonly [RegExp, string])[] = [
  [/^\*\*\//, '(?:[^/]+/)*'],
  [/^\*\*$/, '.*'],
  [/^\*/, '[^/]*'],
  [/^\?/, '[^/]'],
]

function translate(pattern: string): string {
  if (pattern === '') return ''
  for (const [token, expression] of tokens) {
    const found = token.exec(pattern)
    if (found !== null) return expression + translate(pattern.slice(found[0].length))
  }
  return pattern.slice(0, 1).replace(/[\\^$.|+()[\]{}]/, '\\$&') + translate(pattern.slice(1))
}

/** The regular expression of a brace-free glob with `*`, `**` and `?`, over paths with `/`. */
export function globExpression(pattern: string): RegExp {
  return new RegExp(`^${translate(pattern.replace(/^\.\//, ''))}$`)
}

async function listFiles(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  const lists = entries.map(async (entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : listFiles(path)
    return [path]
  })
  return (await Promise.all(lists)).flat()
}

/** Files under `root` that fit a glob with braces, sorted, as absolute paths; `node_modules` is never searched. */
export async function findFiles(root: string, pattern: string): Promise<readonly string[]> {
  const expressions = expandBraces(pattern).map(globExpression)
  const fits = (path: string): boolean =>
    expressions.some((expression) => expression.test(relative(root, path).split(sep).join('/')))
  return (await listFiles(root)).filter(fits).sort()
}
