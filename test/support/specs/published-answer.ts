import type { Node } from '../../../infra/local/specs/document.ts'
import type { SpecAnswer, SpecOperation } from '../../../infra/local/specs/operation.ts'
import { bundleSchema } from '../../../infra/local/specs/schema.ts'
import { isJson } from './request-judge.ts'
import { sampleOf } from './sample.ts'
import { faultsOf } from './schema-judge.ts'
import type { Reply } from './spec-server.ts'

/** A documented answer, and whether its body is the publisher's own example or made of the schema. */
export interface PublishedAnswer {
  readonly reply: Reply
  readonly data: Node | undefined
  readonly source: 'published' | 'generated' | 'empty'
}

/** The answer of a success that the document gives; its first one with a body, unless it has none at all. */
export function publishedAnswer(operation: SpecOperation): PublishedAnswer {
  const good = operation.answers
    .filter(({ status }) => /^2/.test(status))
    .sort((one, other) => (one.status < other.status ? -1 : 1))
  const answer = good.find(hasJson) ?? good[0] ?? operation.answers.find(({ status }) => status === 'default')
  if (answer === undefined) throw new Error(`${operation.id} documents no success`)
  const status = /^\d+$/.test(answer.status) ? Number(answer.status) : 200
  const place = jsonOf(answer)
  if (place === undefined) return { reply: { status, headers: {}, body: '' }, data: undefined, source: 'empty' }
  const { schema: at, type } = place
  const schema = bundleSchema(at)
  // An example that breaks its publisher's own schema is none.
  const example = answer.examples.find((each) => faultsOf(schema, each).length === 0)
  const data = example ?? sampleOf(schema, 'full')
  const reply = { status, headers: { 'content-type': type }, body: JSON.stringify(data) }
  return { reply, data, source: example === undefined ? 'generated' : 'published' }
}

function hasJson(answer: SpecAnswer): boolean {
  return jsonOf(answer) !== undefined
}

function jsonOf({ content }: SpecAnswer) {
  const found = Object.entries(content).find(([type]) => isJson(type.split(';')[0] ?? '') || type === '*/*')
  if (found?.[1] === undefined) return undefined
  return { type: isJson(found[0].split(';')[0] ?? '') ? found[0] : 'application/json', schema: found[1] }
}
