import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { repository } from '../../../infra/build/check.ts'

const read = (path: string) => readFileSync(join(repository, path), 'utf8')
const namedPaths = (text: string) => [
  ...new Set(
    [...text.matchAll(/`((?:test|infra|shared|\.github|\.ci)\/[\w./-]+|\.npmrc)`/g)].map(([, path = '']) => path),
  ),
]

describe('a promise', () => {
  const documents = ['SECURITY.md', 'CONTRIBUTING.md']
  it.each(documents.flatMap((name) => namedPaths(read(name)).map((path) => [name, path] as const)))(
    'in %s names %s, which is there',
    (_, path) => {
      expect(existsSync(join(repository, path))).toBe(true)
    },
  )

  it('names an import rule that is there', () => {
    const rules = [...read('SECURITY.md').matchAll(/import rule `([\w-]+)`/g)].map(([, rule = '']) => rule)
    expect(rules.length).toBeGreaterThan(1)
    for (const rule of rules) expect(read('.dependency-cruiser.cjs')).toContain(`name: '${rule}'`)
  })
})

describe('the workflow', () => {
  const text = read('.github/workflows/ci.yml')
  const uses = [...text.matchAll(/uses: (.+)/g)].map(([, action = '']) => action)

  it('pins every action by its full commit, and says the version', () => {
    expect(uses.length).toBeGreaterThan(3)
    for (const action of uses) expect(action).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
  })

  it('has no permission but to read, and leaves no credentials behind', () => {
    expect(text).toMatch(/^permissions: \{\}$/m)
    expect(text.match(/^ {6}\w[\w-]+: (?:read|write)$/gm)?.every((line) => line.trim() === 'contents: read')).toBe(true)
    expect(text.match(/persist-credentials: false/g)).toHaveLength(
      uses.filter((one) => one.includes('checkout')).length,
    )
  })
})
