import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { loadFunctions, operationsOf } from '../support/line-declarations.ts'

const technologies = [...new Set(operationsOf(await loadFunctions()).map(({ operation }) => operation.call.technology))]
const sourceOf = (file: string) => readFileSync(new URL(`../unit/upstream/${file}.test.ts`, import.meta.url), 'utf8')

/** Where the table of faults of `test/support/http-faults.ts` is tried on a technology, and by which executor. */
const byHttp: Readonly<Record<string, readonly [file: string, executor: string]>> = {
  rest: ['rest-faults', 'createRestWorld'],
  openai: ['executor-faults', 'createOpenAiExecutor'],
  mcp: ['executor-faults', 'createMcpExecutor'],
  databricks: ['executor-faults', 'createDatabricksExecutor'],
  genie: ['executor-faults', 'createGenieExecutor'],
  warehouse: ['executor-faults', 'createWarehouseExecutor'],
}

/** What speaks otherwise has a table of its own: what has to be in it, as far as its protocol knows such a thing. */
const byItself: Readonly<Record<string, readonly string[]>> = {
  cosmos: ['claims_challenge', '403', '404', '409', '429', '503', '307', 'text/html', 'too_large', 'deadline', 'cut'],
  postgres: ['backend_rejected_token', 'sqlstate_42501', 'sqlstate_42P01', '409', 'too_large', 'deadline'],
  mysql: ['mysql_1045', '403', '404', '409', 'connection_lost', 'too_large', 'deadline'],
  tds: ['18456', '403', '404', '409', 'connection_lost', 'too_large', 'deadline'],
  mongo: ['backend_rejected_token', '403', 'too_large', 'deadline'],
}

/** A part of its own brings its executor and its tests. */
const elsewhere = ['ssh']

describe('the faults of a backend', () => {
  it.each(technologies.filter((each) => !elsewhere.includes(each)))('are tried on %s', (technology) => {
    const http = byHttp[technology]
    if (http !== undefined) {
      const source = sourceOf(http[0])
      expect([source.includes('describeFaults('), source.includes(`${http[1]}(`)]).toEqual([true, true])
      return
    }
    const source = sourceOf(technology)
    expect(byItself[technology]?.filter((word) => !source.includes(word))).toEqual([])
  })
})
