import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { controls } from '../../../shared/audit/report-controls.ts'
import { reportJsonSchema } from '../../../shared/audit/report-schema.ts'

interface Node {
  readonly properties?: Readonly<Record<string, Node>>
  readonly anyOf?: readonly Node[]
}

interface Route {
  readonly get?: { readonly parameters?: readonly { readonly name: string }[] }
}

const read = (name: string) => readFileSync(new URL(`../../../${name}`, import.meta.url), 'utf8')
const page = read('docs/control-mapping.md')
const { paths } = JSON.parse(read('test/contract/openapi.json')) as { paths: Readonly<Record<string, Route>> }

/** Rows of the page: the framework that heads their table, and their cells. */
const rows = page.split('\n## ').flatMap((section) => {
  const [framework = ''] = section.split('\n')
  const lines = section.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| control'))
  return lines.map((line) => [
    framework,
    ...line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  ])
})
const codesIn = (text = '') => [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code)

describe('the control mapping', () => {
  it('has the controls that a report names, with the same evidence', () => {
    const named = rows.map(([framework, control, evidence]) => [framework, control, codesIn(evidence)])
    expect(named).toEqual(controls.map(({ framework, control, evidence }) => [framework, control, evidence]))
  })

  it.each(rows)('says for %s %s what is the reader’s own duty and what is not covered', (...cells) => {
    expect(cells.map((cell) => cell.length > 0)).toEqual(Array(6).fill(true))
  })

  it('names only fields that a report has', () => {
    const pointers = rows.flatMap(([, , evidence]) => codesIn(evidence))
    expect(pointers.filter((pointer) => !isField(pointer))).toEqual([])
    expect(isField('/activity/nothing')).toBe(false)
  })

  it('names only queries that the API takes', () => {
    const queries = rows.flatMap(([, , , query]) => codesIn(query))
    expect(queries.length).toBe(rows.length)
    expect(queries.filter((query) => !isQuery(query))).toEqual([])
  })

  it('names only commands that there are', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Readonly<Record<string, string>> }
    const commands = [...page.matchAll(/npm run ([a-z:]+)/g)].map(([, name = '']) => name)
    expect(commands.map((name) => [name, name in scripts])).toEqual(commands.map((name) => [name, true]))
  })

  it('never says that anybody complies', () => {
    expect(/\b(compliant|complies|certified|guarantees?)\b/i.test(page + read('docs/reading-a-report.md'))).toBe(false)
  })
})

function isField(pointer: string): boolean {
  let nodes: readonly Node[] = [reportJsonSchema() as Node]
  for (const name of pointer.split('/').slice(1)) {
    const next = nodes.flatMap((node) => [node, ...(node.anyOf ?? [])]).map((node) => node.properties?.[name])
    nodes = next.filter((node) => node !== undefined)
  }
  return nodes.length > 0
}

function isQuery(query: string): boolean {
  const [, path = '', search = ''] = /^GET ([^?]+)\??(.*)$/.exec(query) ?? []
  const known = new Set(paths[path]?.get?.parameters?.map(({ name }) => name))
  return paths[path]?.get !== undefined && [...new URLSearchParams(search).keys()].every((name) => known.has(name))
}
