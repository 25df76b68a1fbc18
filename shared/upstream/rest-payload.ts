import type { BodyTemplate, RestCall } from '../backend/rest-call.ts'
import type { Json } from '../pipeline/ports.ts'
import { type Inputs, refuseInput } from './rest-fill.ts'

/** What is sent: JSON as text, bytes, or nothing. */
export type RequestBody = string | Uint8Array<ArrayBuffer> | null

/**
 * The body of a request: bytes, a document as it stands, a filled template, or one object of the named inputs. Throws
 * Problem `input_invalid` for bytes that are no base64.
 */
export function makeBody({ body, content, document, template }: RestCall, inputs: Inputs): RequestBody {
  if (content !== undefined) return bytesOf(content, inputs)
  if (document !== undefined) return textOf(inputs[document])
  if (template !== undefined) return textOf(fillTemplate(template, inputs))
  return body === undefined ? null : textOf(pick(body, inputs))
}

/**
 * A template with its inputs in it: `{name}` alone is the input's own JSON value. Without the input its member or item
 * goes; undefined where the whole is one.
 */
export function fillTemplate(template: BodyTemplate, inputs: Inputs): Json | undefined {
  if (typeof template === 'string') return leafOf(template, inputs)
  if (template === null || typeof template !== 'object') return template
  if (isList(template)) return template.map((item) => fillTemplate(item, inputs)).filter((item) => item !== undefined)
  const members = Object.entries(template).flatMap(([name, part]): [string, Json][] => {
    const filled = fillTemplate(part, inputs)
    return filled === undefined ? [] : [[name, filled]]
  })
  return Object.fromEntries(members)
}

function isList(template: BodyTemplate): template is readonly BodyTemplate[] {
  return Array.isArray(template)
}

function leafOf(text: string, inputs: Inputs): Json | undefined {
  const name = /^\{(@?\w+)\}$/.exec(text)?.[1]
  if (name === undefined) return text
  return Object.hasOwn(inputs, name) ? inputs[name] : undefined
}

function pick(names: readonly string[], inputs: Inputs): Json {
  return Object.fromEntries(
    names.flatMap((name): [string, Json][] => (inputs[name] === undefined ? [] : [[name, inputs[name]]])),
  )
}

function textOf(value: Json | undefined): RequestBody {
  return value === undefined ? null : JSON.stringify(value)
}

function bytesOf({ text, encoding }: NonNullable<RestCall['content']>, inputs: Inputs): Uint8Array<ArrayBuffer> {
  const value = inputs[text]
  if (typeof value !== 'string') throw refuseInput(text, 'is missing')
  if (inputs[encoding] !== 'base64') return new Uint8Array(Buffer.from(value, 'utf8'))
  const bytes = Buffer.from(value, 'base64')
  // Node skips what is no base64; what was meant must be what is stored.
  if (bytes.toString('base64') !== value) throw refuseInput(text, 'is not base64')
  return new Uint8Array(bytes)
}
