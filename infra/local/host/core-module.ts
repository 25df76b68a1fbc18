import Module from 'node:module'
import { type App, logFromApp, registerFunction } from './app.ts'
import type {
  Disposable,
  FunctionMetadata,
  Handler,
  HookCallback,
  LogCategory,
  LogLevel,
  ProgrammingModel,
} from './contract.ts'

const coreName = '@azure/functions-core'
const hostVersion = '4.1042.100'

function DisposableEntry(this: Disposable, onDispose: () => void): void {
  this.dispose = onDispose
}

/** The module `@azure/functions-core` for one app: the library's only way to its runtime. */
export function createCore(app: App): Readonly<Record<string, unknown>> {
  return {
    version: '3.12.0',
    hostVersion,
    Disposable: DisposableEntry,
    registerFunction(metadata: FunctionMetadata, handler: Handler): Disposable {
      const entered = registerFunction(app, metadata, handler)
      return { dispose: () => void app.functions.delete(entered.name.toLowerCase()) }
    },
    registerHook: (name: string, callback: HookCallback) => app.hooks.add(name, callback),
    setProgrammingModel(model: ProgrammingModel): void {
      app.model = model
    },
    getProgrammingModel: () => app.model,
    log: (level: LogLevel, category: LogCategory, message: string) => logFromApp(app, { level, category, message }),
  }
}

/**
 * Answers `require('@azure/functions-core')` everywhere in this process, by the method of the production worker.
 * Returns what takes the answer away again.
 */
export function provideCore(core: Readonly<Record<string, unknown>>): () => void {
  const former = Module.prototype.require
  const provide = function (this: NodeJS.Module, id: string): unknown {
    return id === coreName ? core : former.call(this, id)
  }
  Module.prototype.require = provide as NodeJS.Require
  return () => {
    Module.prototype.require = former
  }
}
