import { findOperation } from '../backend/catalogue.ts'
import { takesHandle } from '../backend/operation-handle.ts'
import type { Answer, Inbound } from '../pipeline/ports.ts'
import { approvalArgument, handleArgument, type ToolTarget, takesApproval } from './tools.ts'

/** One `tools/call` as it came; `traceparent` is that of its `_meta`. */
export interface ToolCall {
  readonly name: string
  readonly arguments: unknown
  readonly traceparent?: string
}

/** The result of a tool, with its structure in words too, for clients that read words only. */
export interface ToolResult {
  readonly content: { readonly type: 'text'; readonly text: string }[]
  readonly structuredContent: Readonly<Record<string, unknown>>
  readonly isError?: true
}

/**
 * The request that the line takes for a tool call: the same headers, and the arguments as its body. A tool that nobody
 * declares names no operation, and its text goes nowhere.
 */
export function inboundOf(call: ToolCall, target: ToolTarget | undefined, inbound: Inbound): Inbound {
  const backend = target?.backend.name ?? ''
  const operation = target?.name ?? ''
  const { traceparent = inbound.headers.traceparent } = call
  const { handle, rest } = takeHandle(call.arguments ?? {}, target)
  const { approval, inputs } = takeApproval(rest, target)
  return {
    ...inbound,
    method: 'POST',
    path: `/api/${backend}/${operation}`,
    backend,
    operation,
    query: '',
    headers: {
      ...inbound.headers,
      'content-type': 'application/json',
      ...(traceparent === undefined ? {} : { traceparent }),
      ...(approval === undefined ? {} : { 'approval-id': approval }),
      ...(handle === undefined ? {} : { 'operation-handle': handle }),
    },
    body: new TextEncoder().encode(JSON.stringify(inputs)),
    flow: 'whole',
  }
}

/** The handle that the model gives back, and the arguments without it. */
function takeHandle(given: unknown, target: ToolTarget | undefined): { handle?: string; rest: unknown } {
  const operation = target && findOperation(target.backend, target.name)
  if (operation === undefined || !takesHandle(operation) || !isMembers(given)) return { rest: given }
  const { [handleArgument]: handle, ...rest } = given
  return typeof handle === 'string' ? { handle, rest } : { rest: given }
}

/** The approval that the model names, and the inputs without it; what is no text stays, and is refused as an input. */
function takeApproval(given: unknown, target: ToolTarget | undefined): { approval?: string; inputs: unknown } {
  const operation = target && findOperation(target.backend, target.name)
  if (operation === undefined || !takesApproval(operation) || !isMembers(given)) return { inputs: given }
  const { [approvalArgument]: approval, ...inputs } = given
  return typeof approval === 'string' ? { approval, inputs } : { inputs: given }
}

function isMembers(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

interface ProblemBody {
  readonly code?: string
  readonly detail?: string
  readonly instance?: string
  readonly approval?: {
    readonly id: string
    readonly expires: string
    readonly url: string
    readonly pollAfter: number
  }
}

/**
 * The line's answer as a tool result: data and meta; or the problem as an error whose code, and claims where sign-in is
 * asked for, a client can read. A call that waits for a second person is no error: some clients throw on errors, and
 * the model has to hear the handle.
 */
export function toolResult({ status, body }: Answer): ToolResult {
  const parsed = JSON.parse(body) as ProblemBody & Record<string, unknown>
  if (status === 200) return inWords(parsed)
  if (parsed.code === 'approval_pending') return inWords(pendingResult(parsed))
  const { error: _forOpenAi, ...problem } = parsed
  return { ...inWords(problem), isError: true }
}

function inWords(structuredContent: Readonly<Record<string, unknown>>): ToolResult {
  return { content: [{ type: 'text', text: JSON.stringify(structuredContent) }], structuredContent }
}

function pendingResult({ detail, instance, approval }: ProblemBody) {
  return {
    status: 'approval_pending',
    detail: `${detail ?? ''} Nothing was done yet. Wait for the approval, then call again with the same arguments and this approval.`,
    ...(approval === undefined ? {} : { ...approval, id: undefined, approval: approval.id }),
    ...(instance === undefined ? {} : { instance }),
  }
}
