import { type App, logFromApp, type RegisteredFunction } from './app.ts'
import type {
  CoreInvocation,
  Handler,
  InvocationModel,
  InvocationRequest,
  InvocationResponse,
  LogCategory,
  LogLevel,
} from './contract.ts'

/** One call of one function. */
export interface Invocation {
  readonly id: string
  readonly fn: RegisteredFunction
  readonly request: InvocationRequest
}

interface Call {
  readonly app: App
  readonly fn: RegisteredFunction
  readonly core: CoreInvocation
  readonly model: InvocationModel
  readonly hookData: Record<string, unknown>
}

interface Prepared {
  readonly context: unknown
  readonly inputs: unknown[]
  readonly handler: Handler
}

function createCoreInvocation(app: App, invocation: Invocation, current: { context?: unknown }): CoreInvocation {
  const { fn, id, request } = invocation
  return {
    invocationId: id,
    metadata: fn.metadata,
    request,
    log: (level: LogLevel, category: LogCategory, message: string) =>
      logFromApp(app, { level, category, message, functionName: fn.name, invocationContext: current.context }),
  }
}

async function runBefore(call: Call, args: { context: unknown; inputs: unknown[] }): Promise<Prepared> {
  const hook = {
    hookData: call.hookData,
    appHookData: call.app.hookData,
    invocationContext: args.context,
    inputs: args.inputs,
    functionCallback: call.fn.handler,
  }
  call.core.state = 'preInvocationHooks'
  await call.app.hooks.run('preInvocation', hook)
  return { context: args.context, inputs: hook.inputs, handler: hook.functionCallback }
}

async function runHandler(call: Call, prepared: Prepared): Promise<{ result?: unknown; error?: unknown }> {
  call.core.state = 'invocation'
  try {
    return { result: await call.model.invokeFunction(prepared.context, prepared.inputs, prepared.handler) }
  } catch (error) {
    return { error: error ?? new Error('the handler threw nothing') }
  }
}

async function runAfter(call: Call, prepared: Prepared, end: { result?: unknown; error?: unknown }): Promise<unknown> {
  const hook = {
    hookData: call.hookData,
    appHookData: call.app.hookData,
    invocationContext: prepared.context,
    inputs: prepared.inputs,
    result: end.result,
    error: end.error,
  }
  call.core.state = 'postInvocationHooks'
  await call.app.hooks.run('postInvocation', hook)
  if (hook.error !== undefined && hook.error !== null) throw hook.error
  return hook.result
}

/**
 * Calls a function in the worker's order: arguments, preInvocation hooks, handler, postInvocation hooks (also after
 * a failure, which they may take away), response. Rejects with what the handler or a hook threw.
 */
export async function invoke(app: App, invocation: Invocation): Promise<InvocationResponse> {
  if (app.model === undefined) throw new Error('the app has no programming model')
  const current: { context?: unknown } = {}
  const core = createCoreInvocation(app, invocation, current)
  const model = app.model.getInvocationModel(core)
  const call: Call = { app, fn: invocation.fn, core, model, hookData: {} }
  const args = await model.getArguments()
  current.context = args.context
  const prepared = await runBefore(call, args)
  const result = await runAfter(call, prepared, await runHandler(call, prepared))
  delete core.state
  const response = await model.getResponse(prepared.context, result)
  await app.sendOutputs?.(invocation.fn.metadata, response)
  return response
}
