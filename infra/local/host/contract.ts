/**
 * What the `@azure/functions` library expects of its runtime, in our words: the shapes that cross the module
 * `@azure/functions-core`, which exists only inside a Functions worker. Read from the library's sources, 4.16.5.
 */

export type LogLevel = 'trace' | 'debug' | 'information' | 'warning' | 'error' | 'critical' | 'none'

export type LogCategory = 'user' | 'system'

export type HookName = 'appStart' | 'appTerminate' | 'preInvocation' | 'postInvocation' | 'log'

/** One value on its way to or from a handler; exactly one member is set. */
export interface TypedData {
  readonly string?: string
  readonly json?: string
  readonly bytes?: Uint8Array
  readonly int?: number
  readonly double?: number
  readonly http?: HttpData
}

/** A request or an answer when the app does not stream. */
export interface HttpData {
  readonly method?: string
  readonly url?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string>>
  readonly params?: Readonly<Record<string, string>>
  readonly body?: TypedData | null
  readonly statusCode?: string
  readonly cookies?: readonly CookieData[]
}

export interface CookieData {
  readonly name: string
  readonly value: string
  readonly domain?: { readonly value: string }
  readonly path?: { readonly value: string }
  readonly expires?: { readonly value: { readonly seconds: number } }
  readonly secure?: { readonly value: boolean }
  readonly httpOnly?: { readonly value: boolean }
  readonly sameSite?: 'none' | 'lax' | 'strict' | 'explicitNone'
  readonly maxAge?: { readonly value: number }
}

export interface Binding {
  readonly type: string
  readonly direction?: 'in' | 'out'
  readonly route?: string
  readonly methods?: readonly string[]
  readonly authLevel?: 'anonymous' | 'function' | 'admin'
  readonly schedule?: string
  readonly runOnStartup?: boolean
  readonly queueName?: string
  readonly connection?: string
}

/** Durations are whole seconds; `maxRetryCount` -1 means for ever. */
export interface RetryOptions {
  readonly maxRetryCount: number
  readonly retryStrategy: 'fixedDelay' | 'exponentialBackoff'
  readonly delayInterval?: { readonly seconds: number }
  readonly minimumInterval?: { readonly seconds: number }
  readonly maximumInterval?: { readonly seconds: number }
}

export interface FunctionMetadata {
  readonly name: string
  readonly bindings: Readonly<Record<string, Binding>>
  readonly retryOptions?: RetryOptions
}

export type Handler = (...inputs: unknown[]) => unknown

export interface RetryContext {
  readonly retryCount: number
  readonly maxRetryCount: number
  readonly exception?: { readonly message: string; readonly source: string; readonly stackTrace: string }
}

export interface InvocationRequest {
  readonly inputData: readonly { readonly name: string; readonly data: TypedData }[]
  readonly triggerMetadata: Readonly<Record<string, TypedData>>
  readonly traceContext?: { readonly traceParent: string; readonly traceState: string }
  readonly retryContext?: RetryContext
}

export interface CoreInvocation {
  readonly invocationId: string
  readonly metadata: FunctionMetadata
  readonly request: InvocationRequest
  state?: 'preInvocationHooks' | 'postInvocationHooks' | 'invocation'
  log(level: LogLevel, category: LogCategory, message: string): void
}

export interface InvocationResponse {
  readonly returnValue?: TypedData | null
  readonly outputData?: readonly { readonly name: string; readonly data: TypedData }[]
}

export interface InvocationModel {
  getArguments(): Promise<{ context: unknown; inputs: unknown[] }>
  invokeFunction(context: unknown, inputs: unknown[], handler: Handler): Promise<unknown>
  getResponse(context: unknown, result: unknown): Promise<InvocationResponse>
}

export interface ProgrammingModel {
  readonly name: string
  readonly version: string
  getInvocationModel(core: CoreInvocation): InvocationModel
  getCapabilities(capabilities: Record<string, string>): Promise<Record<string, string>>
}

export interface Disposable {
  dispose(): void
}

export type HookCallback = (context: Record<string, unknown>) => unknown
