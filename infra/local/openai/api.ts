import { answerChat, type Stamp } from './chat.ts'
import { countTokens, embed } from './model.ts'
import { answerResponse } from './responses.ts'
import { fail, type Reply } from './wire.ts'

type Members = Readonly<Record<string, unknown>>

/** One request whose caller may use the service. */
export interface Asked {
  readonly method: string
  readonly path: string
  readonly body: Members
  readonly stamp: Stamp
}

/** Deployments of this resource. */
export const deployments = ['gpt-5-mini', 'gpt-4o', 'text-embedding-3-small'] as const

/** The answer to one request, by either family of paths. */
export function answer({ method, path, body, stamp }: Asked): Reply {
  const legacy = /^\/openai\/deployments\/([^/]+)(\/.*)$/.exec(path)
  const place = legacy?.[2] ?? path.replace(/^\/openai\/v1/, '')
  if (method === 'GET' && place === '/models') return { status: 200, body: { object: 'list', data: models(stamp) } }
  const model = legacy?.[1] ?? body.model
  if (method !== 'POST') return fail(404, '404', 'Resource not found')
  if (!deployments.includes(model as never))
    return fail(404, 'DeploymentNotFound', 'The API deployment for this resource does not exist.')
  const asked = { ...body, model }
  if (place === '/chat/completions') return answerChat(asked, stamp)
  if (place === '/responses') return answerResponse(asked, stamp)
  return place === '/embeddings' ? answerEmbeddings(asked) : fail(404, '404', 'Resource not found')
}

function models({ created }: Stamp) {
  return deployments.map((id) => ({ id, object: 'model', created, owned_by: 'system' }))
}

function answerEmbeddings({ input, model, dimensions }: Members): Reply {
  const texts = (Array.isArray(input) ? input : [input]).map(String)
  const size = typeof dimensions === 'number' ? dimensions : 8
  const data = texts.map((text, index) => ({ object: 'embedding', index, embedding: embed(text, size) }))
  const tokens = texts.reduce((sum, text) => sum + countTokens(text), 0)
  return { status: 200, body: { object: 'list', data, model, usage: { prompt_tokens: tokens, total_tokens: tokens } } }
}
