/** The parts of a stack in the order in which they are stopped: callers before what they call. */
export const parts = [
  'gateway',
  'evidence',
  'front',
  'tds',
  'openai',
  'mcp-upstream',
  'orders',
  'fabric',
  'blobs',
  'evidence-account',
  'cosmos',
  'mongo',
  'databricks',
  'logs',
  'notices',
  'database',
  'azurite',
  'vault',
  'proxy',
  'entra',
] as const
export type Part = (typeof parts)[number]

/** Collects the parts that did start, and stops them in order. */
export interface Teardown {
  /** Notes a part as started and returns it. */
  add<T extends { stop(): Promise<void> }>(name: Part, part: T): T
  /** Stops all of them once, however often it is called; one that fails does not keep the others alive. */
  run(): Promise<void>
}

export function makeTeardown(report: (part: Part, error: unknown) => void): Teardown {
  const started = new Map<Part, () => Promise<void>>()
  let running: Promise<void> | undefined
  const stopAll = async (): Promise<void> => {
    for (const name of parts)
      await started
        .get(name)?.()
        .catch((error: unknown) => report(name, error))
  }
  return {
    add: (name, part) => {
      started.set(name, () => part.stop())
      return part
    },
    run: () => {
      running ??= stopAll()
      return running
    },
  }
}
