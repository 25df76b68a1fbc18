import type { Disposable, HookCallback, HookName } from './contract.ts'

const names: readonly HookName[] = ['appStart', 'appTerminate', 'preInvocation', 'postInvocation', 'log']

/** The hooks that an app registered, run in the order of registration. */
export interface Hooks {
  /** Unknown names throw the RangeError by which the library recognises an old runtime. */
  add(name: string, callback: HookCallback): Disposable
  /** Runs all callbacks one after the other; they may change `context`, and the first failure ends the run. */
  run(name: HookName, context: Record<string, unknown>): Promise<void>
  /** Log hooks are synchronous. */
  runLog(context: Record<string, unknown>): void
}

function checkName(name: string): asserts name is HookName {
  if ((names as readonly string[]).includes(name)) return
  const error = new RangeError(`Unrecognized hook "${name}"`)
  throw Object.assign(error, { isAzureFunctionsSystemError: true })
}

/** An empty set of hooks. */
export function createHooks(): Hooks {
  const registered = new Map<HookName, HookCallback[]>(names.map((name) => [name, []]))
  const of = (name: HookName): HookCallback[] => registered.get(name) ?? []
  return {
    add(name, callback) {
      checkName(name)
      registered.set(name, [...of(name), callback])
      const remaining = (): HookCallback[] => of(name).filter((other) => other !== callback)
      return { dispose: () => void registered.set(name, remaining()) }
    },
    async run(name, context) {
      for (const callback of of(name)) await callback(context)
    },
    runLog(context) {
      for (const callback of of('log')) callback(context)
    },
  }
}
