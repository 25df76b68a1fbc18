import type { SignAws } from './aws-credentials.ts'
import { openSession } from './aws-credentials.ts'

const headersOfBearer = /^Bearer (.+)$/

/**
 * A `fetch` for AWS: the credentials that come as bearer are taken out and the request is signed with them. Errors of
 * the JSON protocol, nearly all of them 400, get the status that they mean elsewhere; bodies of failures go no further.
 */
export function createAwsFetch(fetch: typeof globalThis.fetch, sign: SignAws): typeof globalThis.fetch {
  return async (input, init = {}) => {
    const url = String(input)
    const headers = new Headers(init.headers)
    const [, value = ''] = headersOfBearer.exec(headers.get('authorization') ?? '') ?? []
    headers.delete('authorization')
    const body = (init.body ?? null) as string | Uint8Array<ArrayBuffer> | null
    const request = { url, method: init.method ?? 'GET', headers: Object.fromEntries(headers), body }
    const signed = await sign(request, openSession(value))
    return translate(await fetch(url, { ...init, headers: signed }))
  }
}

/** Exceptions of AWS's services by what they come to; every other stays as it came. */
const statusOf: Readonly<Record<string, number>> = {
  AccessDenied: 403,
  AccessDeniedException: 403,
  ExpiredToken: 401,
  ExpiredTokenException: 401,
  IncompleteSignature: 401,
  InvalidSignatureException: 401,
  UnrecognizedClientException: 401,
  InvalidClientTokenId: 401,
  EntityNotFoundException: 404,
  ResourceNotFoundException: 404,
  MetadataException: 404,
  ThrottlingException: 429,
  TooManyRequestsException: 429,
  ActiveSessionsExceededException: 429,
  ActiveStatementsExceededException: 429,
  InternalServerException: 500,
}

async function translate(response: Response): Promise<Response> {
  const { status, headers } = response
  if (response.ok) return isJson(headers) ? asJson(response) : response
  // S3 means what its statuses say.
  if (!isJson(headers) || response.body === null) return response
  const name = headers.get('x-amzn-errortype') ?? (await typeIn(response))
  const meant = statusOf[name.replace(/^.*#/, '').replace(/:.*$/, '')]
  return new Response(null, { status: meant ?? status, headers: without(headers) })
}

const isJson = (headers: Headers) => /^application\/(?:x-amz-)?json/.test(headers.get('content-type') ?? '')

function asJson(response: Response): Response {
  const headers = without(response.headers)
  headers.set('content-type', 'application/json')
  return new Response(response.body, { status: response.status, headers })
}

/** A body that was unpacked or left out is not as long, nor packed, as the headers say. */
function without(headers: Headers): Headers {
  const kept = new Headers(headers)
  for (const name of ['content-length', 'content-encoding']) kept.delete(name)
  return kept
}

const mostErrorBytes = 8_192

async function typeIn(response: Response): Promise<string> {
  let text = ''
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString('latin1')
    if (text.length > mostErrorBytes) break
  }
  return /"__type"\s*:\s*"([^"]{1,200})"/.exec(text)?.[1] ?? ''
}
