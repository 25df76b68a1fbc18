import type { Json } from '../pipeline/ports.ts'
import { isObject } from './mcp-arguments.ts'
import { digestTool, type Members, type ToolPin } from './mcp-pins.ts'

/** The objects of a list. */
export function objectsOf(value: Json | undefined): readonly Members[] {
  return Array.isArray(value) ? (value as readonly Json[]).filter((one): one is Members => isObject(one)) : []
}

/** A tool as it is listed: what the server says of it, the digest to pin, and what stands of it here. */
export function describeTool(tool: Members, pin: ToolPin | undefined): Members {
  const digest = digestTool(tool)
  const state = pin === undefined ? 'not_pinned' : pin.digest === digest ? 'pinned' : 'changed'
  const { name = null, title = null, description = null, inputSchema = null } = tool
  return { name, title, description, inputSchema, digest, state, effect: pin?.effect ?? null }
}

/** Pieces of content: text as it is; of pictures and sound their type and size; of links nothing but their name. */
export function describeContent(value: Json | undefined): readonly Json[] {
  return objectsOf(value).map(describePiece)
}

function describePiece(piece: Members): Json {
  const { type = null, text, mimeType = null, data, resource, name = null } = piece
  if (type === 'text') return { type, text: textOf(text) }
  if (type === 'image' || type === 'audio')
    return { type, mimeType, characters: typeof data === 'string' ? data.length : 0 }
  if (type === 'resource' && isObject(resource)) return { type, ...describeResource(resource) }
  return { type, name }
}

/** A resource that was read: its text, or how large it is. */
export function describeResource({ mimeType = null, text, blob }: Members): Members {
  if (typeof text === 'string') return { mimeType, text }
  return { mimeType, characters: typeof blob === 'string' ? blob.length : 0 }
}

function textOf(value: Json | undefined): string | null {
  return typeof value === 'string' ? value : null
}
