import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))
const pagesOf = (folder: string) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name))
const pages = [...pagesOf('.'), ...pagesOf('docs'), ...pagesOf('docs/decisions')].map(normalize)
const read = (page: string) => readFileSync(join(root, page), 'utf8').replace(/^```[\s\S]*?^```/gm, '')

/** The name that a heading is reached by: as GitHub makes it of its text. */
function nameHeading(text: string): string {
  const plain = text.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase()
  return plain.replace(/[^\p{L}\p{N}\- _]/gu, '').replaceAll(' ', '-')
}

/** All names of a page; the second heading of the same text has `-1` behind it. */
function anchorsOf(text: string): ReadonlySet<string> {
  const seen = new Map<string, number>()
  const names = [...text.matchAll(/^#{1,6} (.*)$/gm)].map(([, heading = '']) => {
    const name = nameHeading(heading.trim())
    const count = seen.get(name) ?? 0
    seen.set(name, count + 1)
    return count === 0 ? name : `${name}-${count}`
  })
  const given = [...text.matchAll(/<a (?:id|name)="([^"]+)"/g)].map(([, name = '']) => name)
  return new Set([...names, ...given])
}

/** Relative links of a page, of pictures too, that lead nowhere. */
function brokenLinks(page: string, text: string): readonly string[] {
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target)
  return targets.filter((target) => !/^[a-z]+:/.test(target) && !resolves(page, text, target))
}

function resolves(page: string, text: string, target: string): boolean {
  const [path = '', anchor] = target.split('#')
  const found = path === '' ? page : normalize(join(dirname(page), path))
  if (!existsSync(join(root, found))) return false
  if (anchor === undefined || !found.endsWith('.md')) return true
  return anchorsOf(found === page ? text : read(found)).has(anchor)
}

describe('the links of the documentation', () => {
  it.each(pages)('all lead somewhere: %s', (page) => {
    expect(brokenLinks(page, read(page))).toEqual([])
  })

  it('are looked at: a missing file, a missing heading and a second heading of one name are told apart', () => {
    const text =
      '# One\n## Two `b`\n## One\n[a](#one) [b](#one-1) [c](#two-b) [d](#three) [e](no.md) [f](deploying.md#no)'
    expect(brokenLinks('docs/operating.md', text)).toEqual(['#three', 'no.md', 'deploying.md#no'])
  })
})

const scripts = Object.keys(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts)

// A page that shows how to add a backend names files of one that is not there.
const example = 'google-tasks'

describe('the commands of the documentation', () => {
  it.each(pages)('are scripts that there are: %s', (page) => {
    const text = readFileSync(join(root, page), 'utf8')
    const named = [...text.matchAll(/\bnpm run (?:--?[a-z-]+ )*([a-z][a-z:]*[a-z])/g)].map(([, name = '']) => name)
    expect(named.filter((name) => !scripts.includes(name))).toEqual([])
  })

  it.each(pages)('are files that there are, where they are run by their path: %s', (page) => {
    const text = readFileSync(join(root, page), 'utf8')
    const named = [...text.matchAll(/\b(?:infra|shared|functions|test|docs)\/[\w./-]+\.[a-z]{2,6}\b/g)].map(
      ([path]) => path,
    )
    expect(named.filter((path) => !path.includes(example) && !existsSync(join(root, path)))).toEqual([])
  })
})
