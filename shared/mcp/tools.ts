import type { Backend, Operation } from '../backend/define.ts'
import type { Effect } from '../backend/effect.ts'
import { takesHandle } from '../backend/operation-handle.ts'
import { inputSchema } from '../openapi/schema.ts'
import { simplifySchema } from './tool-schema.ts'

/** A declared operation as a tool of the Model Context Protocol (revision 2026-07-28). */
export interface Tool {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly inputSchema: { readonly type: 'object'; readonly [member: string]: unknown }
  readonly annotations: ToolAnnotations
  readonly _meta: Readonly<Record<string, string>>
}

interface ToolAnnotations {
  readonly readOnlyHint: boolean
  readonly destructiveHint: boolean
  readonly idempotentHint: boolean
  readonly openWorldHint: boolean
}

/** An operation by its names. */
export interface ToolTarget {
  readonly backend: Backend
  readonly name: string
}

/**
 * `<backend>__<operation>` in small letters, digits and underscores, which every client takes. Backends are kebab-case
 * and operations camelCase, so that no two of them meet in one name.
 */
function toolName({ backend, name }: ToolTarget): string {
  const operation = name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  return `${backend.name.replaceAll('-', '_')}__${operation}`
}

/** The tool of one declared operation. */
export function describeTool({ backend, name }: ToolTarget, operation: Operation): Tool {
  return {
    name: toolName({ backend, name }),
    title: `${backend.name} ${name}`,
    description: `${operation.summary}. Backend: ${backend.title}.`,
    inputSchema: withOwnArguments(operation),
    annotations: annotate(operation.effect),
    _meta: { 'countersign/operation': `${backend.name}/${name}`, 'countersign/effect': operation.effect },
  }
}

function inputsOf(operation: Operation): Tool['inputSchema'] {
  return { ...simplifySchema(inputSchema(operation, 'draft-2020-12')), type: 'object' }
}

/** The argument that names an approval: a model sets arguments, and no header. */
export const approvalArgument = 'approval'

/** Whether a second person may have to agree to a call of it: whatever changes something, or runs as somebody else. */
export function takesApproval({ effect, runsAs }: Operation): boolean {
  return effect !== 'read' || runsAs === 'other'
}

/** The argument that goes on with work of an earlier call, as the header `Operation-Handle` does. */
export const handleArgument = 'operation_handle'

function withOwnArguments(operation: Operation): Tool['inputSchema'] {
  const schema = takesApproval(operation) ? withApproval(inputsOf(operation)) : inputsOf(operation)
  return takesHandle(operation) ? withHandle(schema) : schema
}

function withHandle(schema: Tool['inputSchema']): Tool['inputSchema'] {
  const description =
    'The handle of an earlier call with the same arguments that answered `running`: asks how it stands, and begins nothing.'
  const properties = schema.properties as Readonly<Record<string, unknown>> | undefined
  return { ...schema, properties: { ...properties, [handleArgument]: { type: 'string', description } } }
}

function withApproval(schema: Tool['inputSchema']): Tool['inputSchema'] {
  const described = {
    type: 'string',
    description: 'The approval that an earlier call with the same arguments was told to wait for. Leave out at first.',
  }
  const properties = schema.properties as Readonly<Record<string, unknown>> | undefined
  return { ...schema, properties: { ...properties, [approvalArgument]: described } }
}

/** The operation that a tool's name stands for, or undefined. */
export function findTool(tool: string, backends: Iterable<Backend>): ToolTarget | undefined {
  for (const backend of backends) {
    const name = Object.keys(backend.operations).find((each) => toolName({ backend, name: each }) === tool)
    if (name !== undefined) return { backend, name }
  }
  return undefined
}

/** All four are said, since what is left out is read as the worst. They are hints to the client; policy never reads them. */
function annotate(effect: Effect): ToolAnnotations {
  const destructive = effect === 'delete' || effect === 'admin'
  return {
    readOnlyHint: effect === 'read',
    destructiveHint: destructive,
    idempotentHint: effect === 'read' || effect === 'delete',
    openWorldHint: false,
  }
}
