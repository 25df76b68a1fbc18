import { randomUUID } from 'node:crypto'
import type {
  Binding,
  FunctionMetadata,
  Handler,
  InvocationResponse,
  LogCategory,
  LogLevel,
  ProgrammingModel,
} from './contract.ts'
import { createHooks, type Hooks } from './hooks.ts'
import type { HostLog } from './log.ts'

/** A function as the app registered it. */
export interface RegisteredFunction {
  readonly id: string
  readonly name: string
  readonly metadata: FunctionMetadata
  readonly triggerName: string
  readonly trigger: Binding
  readonly handler: Handler
}

/** Everything that the loaded app told its runtime. */
export interface App {
  readonly root: string
  readonly functions: Map<string, RegisteredFunction>
  readonly hooks: Hooks
  readonly log: HostLog
  /** Data that hooks share over the life of the app. */
  readonly hookData: Record<string, unknown>
  model?: ProgrammingModel
  /** Sends the output bindings of a finished invocation, other than the HTTP answer. */
  sendOutputs?: (metadata: FunctionMetadata, response: InvocationResponse) => Promise<void>
  /** Set when start-up is over: from then on registrations are refused, as in the worker. */
  started: boolean
}

const validName = /^[a-z][a-z0-9_-]{0,127}$/i

/** An app about which nothing is known yet. */
export function createApp(root: string, log: HostLog): App {
  return { root, functions: new Map(), hooks: createHooks(), log, hookData: {}, started: false }
}

function checkRegistration(app: App, name: string): void {
  if (app.started) throw new Error('A function can only be registered during app startup.')
  if (!validName.test(name) || name.toLowerCase() === 'host') throw new Error(`'${name}' is not a valid function name`)
  if (app.functions.has(name.toLowerCase())) throw new Error(`two functions are called '${name}'`)
}

/** Enters a function; names are unique regardless of case, and only start-up may register. */
export function registerFunction(app: App, metadata: FunctionMetadata, handler: Handler): RegisteredFunction {
  checkRegistration(app, metadata.name)
  const found = Object.entries(metadata.bindings).find(([, binding]) => /trigger$/i.test(binding.type))
  if (found === undefined) throw new Error(`function '${metadata.name}' has no trigger`)
  const [triggerName, trigger] = found
  const entered = { id: randomUUID(), name: metadata.name, metadata, triggerName, trigger, handler }
  app.functions.set(metadata.name.toLowerCase(), entered)
  return entered
}

/** One log entry from the app or its library: log hooks see it first and may change it. */
export interface AppLogEntry {
  readonly level: LogLevel
  readonly category: LogCategory
  readonly message: string
  readonly functionName?: string
  readonly invocationContext?: unknown
}

function nameCategory(entry: AppLogEntry): string {
  if (entry.functionName === undefined) return entry.category === 'user' ? 'Worker.User' : 'Worker'
  return `Function.${entry.functionName}${entry.category === 'user' ? '.User' : ''}`
}

/** Runs the log hooks over an entry and writes what they leave of it. */
export function logFromApp(app: App, entry: AppLogEntry): void {
  const { level, category, message, invocationContext } = entry
  const context = { level, category, message, invocationContext, hookData: {}, appHookData: app.hookData }
  app.hooks.runLog(context)
  app.log.write(context.level, nameCategory(entry), context.message)
}
