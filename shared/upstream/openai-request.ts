import { hash } from 'node:crypto'
import type { OpenAiCall } from '../backend/openai-call.ts'
import type { BodyTemplate } from '../backend/rest-call.ts'
import { Problem } from '../errors/problem.ts'
import type { Principal } from '../identity/principal.ts'
import type { Json } from '../pipeline/ports.ts'
import { joinPath } from './rest-request.ts'

export type Inputs = Readonly<Record<string, Json>>

/** A request as plain values, without anything that gives access. */
export interface OpenAiRequest {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly url: URL
  readonly body: string | null
  /** The answer comes as events. */
  readonly flows: boolean
  /** The caller wants to see what it took, as the last chunk. */
  readonly showsUsage: boolean
}

/** What one request is made of. `values` are the deployment's own. */
export interface OpenAiJob {
  readonly call: OpenAiCall
  readonly base: URL
  readonly values: Readonly<Record<string, string>>
  readonly inputs: Inputs
  readonly principal: Pick<Principal, 'tid' | 'oid'>
  readonly flows: boolean
}

/**
 * Builds the request. The service hears of the person by a digest (`user`), so that it can tell who misuses it; what
 * the answer took is always asked for, since the person's quota lives by it. Throws Problem `input_invalid` for an input
 * that cannot stand in the path.
 */
export function buildOpenAiRequest(job: OpenAiJob): OpenAiRequest {
  const { call, base, inputs, flows } = job
  const { method = 'POST', fixedQuery = {} } = call
  const url = joinPath(base, fillPath(call.path, inputs))
  for (const [name, text] of Object.entries(fixedQuery)) url.searchParams.set(name, text)
  const options = inputs.stream_options as { readonly include_usage?: boolean } | undefined
  const showsUsage = options?.include_usage === true
  return { method, url, body: method !== 'POST' ? null : JSON.stringify(bodyOf(job)), flows, showsUsage }
}

function bodyOf({ call, inputs, values, principal, flows }: OpenAiJob): Record<string, Json> {
  const inPath = [...call.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '')
  const left = [...inPath, ...(call.own ?? []), 'stream', 'stream_options']
  const given = Object.entries(inputs).filter(([name]) => !left.includes(name))
  const fixed = Object.entries(call.fixed ?? {}).map(
    ([name, value]) => [name, fill(value, { inputs, values })] as const,
  )
  const body = Object.fromEntries([...given, ...fixed.filter(([, value]) => value !== undefined)]) as Record<
    string,
    Json
  >
  const user = hash('sha256', `${principal.tid}|${principal.oid}`, 'hex').slice(0, 32)
  const flow = call.action === 'chat' ? { stream: true, stream_options: { include_usage: true } } : { stream: true }
  return { ...body, user, ...(flows ? flow : {}) }
}

interface Source {
  readonly inputs: Inputs
  readonly values: Readonly<Record<string, string>>
}

/** A member whose input or value is not there is left out. */
function fill(template: BodyTemplate, source: Source): Json | undefined {
  if (typeof template === 'string') return fillText(template, source)
  if (template === null || typeof template !== 'object') return template
  if (isList(template)) return template.map((item) => fill(item, source)).filter((item) => item !== undefined)
  const members = Object.entries(template).map(([name, value]) => [name, fill(value, source)] as const)
  return Object.fromEntries(members.filter((pair): pair is readonly [string, Json] => pair[1] !== undefined))
}

function isList(template: object): template is readonly BodyTemplate[] {
  return Array.isArray(template)
}

function fillText(text: string, { inputs, values }: Source): Json | undefined {
  const name = /^\{(@?\w+)\}$/.exec(text)?.[1]
  if (name === undefined) return text
  return name.startsWith('@') ? values[name.slice(1)] : inputs[name]
}

function fillPath(path: string, inputs: Inputs): string {
  return path.replace(/\{(\w+)\}/g, (_whole, name: string) => {
    const value = inputs[name]
    if (typeof value === 'string' && /^[\w.-]{1,200}$/.test(value) && !/^\.+$/.test(value)) return value
    throw new Problem('input_invalid', 'An input cannot stand in the request.', {
      faults: [{ pointer: `/${name}`, detail: 'must be one plain path segment' }],
      reason: 'not_called:input',
    })
  })
}
