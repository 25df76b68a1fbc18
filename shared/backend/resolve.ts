import type * as z from 'zod'
import { type InputFault, Problem } from '../errors/problem.ts'
import type { Inbound, Invocation, Json } from '../pipeline/ports.ts'
import { findOperation } from './catalogue.ts'
import type { Backend, Operation } from './define.ts'
import { escapePointer, invalid, parseBody } from './inputs.ts'

/** What a request asks for: names and the inputs as parsed JSON. */
export interface Target {
  readonly backend: string
  readonly operation: string
  readonly inputs: () => unknown
  /** JSON pointer of the inputs in the request's body; the body itself unless given. */
  readonly at?: string
}

/**
 * The one declared operation that a request names, with its inputs parsed and unknown members refused.
 * Throws Problem `backend_not_configured`, `operation_unknown` or what the inputs deserve.
 */
export function resolve(target: Target, configured: ReadonlyMap<string, Backend>): Invocation {
  const backend = configured.get(target.backend)
  if (backend === undefined) {
    throw new Problem('backend_not_configured', 'No backend of this name is configured here.', { next: catalogue })
  }
  const operation = findOperation(backend, target.operation)
  if (operation === undefined) {
    throw new Problem('operation_unknown', 'No operation of this name can be called this way: operations take POST.', {
      next: catalogue,
    })
  }
  const parsed = inputsOf(operation).safeParse(target.inputs(), { reportInput: true })
  if (!parsed.success) throw invalid(parsed.error.issues.flatMap((issue) => describeIssue(issue, target.at)))
  return { backend, operationName: target.operation, operation, inputs: parsed.data as Record<string, Json> }
}

const built = new WeakMap<Operation, ReturnType<Operation['inputs']>>()

/** An operation's schema, built at its first call: building one takes many times as long as using it. */
function inputsOf(operation: Operation): ReturnType<Operation['inputs']> {
  const known = built.get(operation)
  if (known !== undefined) return known
  const schema = operation.inputs()
  built.set(operation, schema)
  return schema
}

/** The target of `POST /api/{backend}/{operation}`: any other method names no operation. */
export function targetOf(inbound: Inbound): Target {
  return {
    backend: inbound.backend,
    operation: inbound.method === 'POST' ? inbound.operation : '',
    inputs: () => parseBody(inbound.body, inbound.headers['content-type'] ?? ''),
  }
}

const catalogue = { action: 'change_input', url: '/api/operations' } as const

/** Where an issue is, from the place `at` on, and what is wrong there; never a value. */
export function describeIssue(issue: z.core.$ZodIssue, at = ''): InputFault[] {
  const pointer = at + issue.path.map((part) => `/${escapePointer(String(part))}`).join('')
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ pointer: `${pointer}/${escapePointer(key)}`, detail: 'is not an input' }))
  }
  if (issue.code === 'invalid_type' && issue.input === undefined && issue.path.length > 0) {
    return [{ pointer, detail: 'is missing' }]
  }
  return [{ pointer, detail: issueText(issue) }]
}

/** Zod words limits and types, not values; what is custom in a declaration is ours. */
function issueText(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `is not ${/^[aeiou]/.test(issue.expected) ? 'an' : 'a'} ${issue.expected}`
    case 'too_big':
      return `is larger than ${issue.maximum}`
    case 'too_small':
      return `is smaller than ${issue.minimum}`
    case 'invalid_value':
      return `is none of ${issue.values.map(String).join(', ')}`
    case 'invalid_format':
      return issue.format === 'regex' ? 'does not have the form that is wanted' : `is not in the form ${issue.format}`
    default:
      return 'is not valid'
  }
}
