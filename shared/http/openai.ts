import { hostedKinds } from '../backend/define-openai.ts'
import { parseBody } from '../backend/inputs.ts'
import { Problem } from '../errors/problem.ts'
import { handle } from '../pipeline/handle.ts'
import type { Line } from '../pipeline/line.ts'
import type { Answer, Inbound, Json } from '../pipeline/ports.ts'

interface Parts {
  readonly line: () => Promise<Line>
}

type Members = Readonly<Record<string, unknown>>

/** Which operation a path of OpenAI's API names, and the deployment where the path names it. */
interface Target {
  readonly operation: string
  readonly deployment?: string
}

const backend = 'azure-openai'
const unknown: Target = { operation: '' }

const operations: Readonly<Record<string, string>> = {
  'POST chat/completions': 'createChatCompletion',
  'POST responses': 'createResponse',
  'POST embeddings': 'createEmbeddings',
  'GET models': 'listModels',
}

/**
 * `/openai/…` as OpenAI's own clients ask it, both with `v1` and as Azure's deployments: the same line, the same
 * inputs, the answer in OpenAI's shape. Problems keep theirs, whose member `error` these clients read.
 */
export function createOpenAiAnswer(parts: Parts): (inbound: Inbound) => Promise<Answer> {
  return async (inbound) => {
    const { asked, isBase64 } = translate(inbound)
    try {
      const answer = await handle(asked, await parts.line())
      return answer.status === 200 && answer.stream === undefined ? unwrap(answer, isBase64) : answer
    } catch (error) {
      throw hinted(error, inbound)
    }
  }
}

/** The request as the line takes it. What cannot be read goes on as it is: the line names the fault, and records it. */
function translate(inbound: Inbound): { readonly asked: Inbound; readonly isBase64: boolean } {
  const target = targetOf(inbound)
  const asked = { ...inbound, backend, method: 'POST', operation: target.operation, flow: 'openai' as const }
  const body = readMembers(inbound)
  if (body === null) return { asked, isBase64: false }
  const inputs = { ...body, ...(target.deployment === undefined ? {} : { model: target.deployment }) }
  const hosted = target.operation === 'createResponse' ? hostedIn(body) : []
  const own = hosted.length === 0 ? {} : { hosted_tools: hosted }
  const operation = hosted.length === 0 ? target.operation : 'createResponseWithTools'
  const isBase64 = body.encoding_format === 'base64'
  return {
    asked: { ...asked, operation, ...jsonBody(asked, { ...inputs, ...own }) },
    isBase64: isBase64 && target.operation === 'createEmbeddings',
  }
}

function jsonBody({ headers }: Inbound, inputs: Members): Pick<Inbound, 'body' | 'headers'> {
  return {
    headers: { ...headers, 'content-type': 'application/json' },
    body: new TextEncoder().encode(JSON.stringify(inputs)),
  }
}

/** `v1/<path>`, `deployments/<name>/<path>`, or the path alone, as one client class asks for responses. */
function targetOf({ method, path }: Inbound): Target {
  const parts = path.replace(/^\/openai\//, '').split('/')
  const isDeployment = parts[0] === 'deployments'
  const [first = ''] = parts
  const rest = isDeployment ? parts.slice(2) : parts.slice(first === 'v1' ? 1 : 0)
  const key = `${method} ${rest.join('/')}`
  const operation = Object.hasOwn(operations, key) ? operations[key] : undefined
  if (operation === undefined) return unknown
  return isDeployment ? { operation, deployment: decodeSafely(parts[1] ?? '') } : { operation }
}

function decodeSafely(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Null for what is no object, or no JSON that the line would take. */
function readMembers({ body, headers }: Inbound): Members | null {
  try {
    const value = parseBody(body, headers['content-type'] ?? '')
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : null
  } catch {
    return null
  }
}

/** Types of tools that the service itself would carry out, each once. */
function hostedIn({ tools }: Members): readonly string[] {
  const types = Array.isArray(tools) ? tools.map((tool: Members | null) => tool?.type) : []
  return hostedKinds.filter((kind) => types.includes(kind))
}

/** The data alone, as these clients want it; ids of the decision are in the headers. */
function unwrap(answer: Answer, isBase64: boolean): Answer {
  const { data } = JSON.parse(answer.body) as { readonly data: Json }
  return { ...answer, body: JSON.stringify(isBase64 ? packVectors(data) : data) }
}

/** Vectors as the usual client asks for them by itself: 32-bit floats, little endian, in base64. */
function packVectors(data: Json): Json {
  const whole = data as { readonly data?: readonly { readonly embedding?: Json }[] } & Readonly<Record<string, Json>>
  if (!Array.isArray(whole.data)) return data
  const packed = whole.data.map((each: Readonly<Record<string, Json>>) =>
    Array.isArray(each.embedding) ? { ...each, embedding: packVector(each.embedding as readonly number[]) } : each,
  )
  return { ...whole, data: packed }
}

function packVector(numbers: readonly number[]): string {
  return Buffer.from(Float32Array.from(numbers).buffer).toString('base64')
}

/** A key is nobody: these clients send one where they were given a plain string. */
function hinted(error: unknown, { headers }: Inbound): unknown {
  const isKey = headers['api-key'] !== undefined && headers.authorization === undefined
  if (!(error instanceof Problem) || error.code !== 'token_missing' || !isKey) return error
  const detail = `${error.detail} An api-key header is no token: send the person's access token as Authorization: Bearer.`
  return new Problem(error.code, detail, { ...error.members, reason: error.reason, cause: error })
}
