import { join, relative } from 'node:path'
import { createVitest, type TestModule, type TestSequencer } from 'vitest/node'
import type { TestEnd } from './task.ts'

/** Test files of a copy of the repository to run in this order; up to the first failure where `bail` is set. */
export interface Run {
  readonly root: string
  readonly tests: readonly string[]
  readonly bail: boolean
}

const inOrder: TestSequencer = { shard: (files) => files, sort: (files) => files }

/** Vitest makes one with `new`. */
function Sequencer(): TestSequencer {
  return inOrder
}

/**
 * Runs them in a fresh Vitest of this process, with the project's own configuration. Fresh, since one that is kept gives
 * a source as it was before; that costs a second, and a process of its own would cost more.
 */
export async function runTests({ root, tests, bail }: Run): Promise<readonly TestEnd[]> {
  const vitest = await createVitest('test', {
    root,
    config: join(root, 'vitest.config.ts'),
    watch: false,
    bail: bail ? 1 : 0,
    maxWorkers: 1,
    fileParallelism: false,
    reporters: [{}],
    sequence: { sequencer: Sequencer as unknown as new () => TestSequencer },
  })
  try {
    await vitest.standalone()
    const project = vitest.getRootProject()
    const specifications = tests.map((test) => project.createSpecification(join(root, test)))
    const { testModules, unhandledErrors } = await vitest.runTestSpecifications(specifications)
    const ends = testModules.map((module) => endOf(module, root))
    return unhandledErrors.length === 0 ? ends : [...ends, { test: 'unhandled', passed: false, ms: 0 }]
  } finally {
    await vitest.close()
  }
}

function endOf(module: TestModule, root: string): TestEnd {
  const passed = module.state() !== 'failed'
  return { test: relative(root, module.moduleId), passed, ms: Math.round(module.diagnostic().duration) }
}
