import type { ProblemCode } from '../errors/problem.ts'
import type { Reading } from './refusal.ts'

/** Everything of a request that may carry a token. Header values are as received, repeated headers as several values. */
export interface TokenRequest {
  readonly authorization: readonly string[]
  readonly query?: string
  readonly contentType?: string
  /** The first kilobytes of the body are enough; looked at for form bodies only. */
  readonly bodyStart?: string
}

/** Longest bearer token accepted, in characters. Entra's own stay below 8 KiB, the Functions host takes 32 KiB of headers. */
const maxTokenLength = 12 * 1024

const bearerPattern = /^Bearer +([A-Za-z0-9\-._~+/]+=*)$/i
const formNamePattern = /(?:^|&)access_token=|name="?access_token"?/i

function refuse(code: ProblemCode, reason: string): Reading<never> {
  return { refusal: { code, reason } }
}

function hasTokenInQuery(query: string | undefined): boolean {
  if (!query) return false
  return [...new URLSearchParams(query).keys()].some((name) => name.toLowerCase() === 'access_token')
}

function decodeForm(body: string): string {
  try {
    return decodeURIComponent(body)
  } catch {
    return body
  }
}

function hasTokenInForm(request: TokenRequest): boolean {
  const type = request.contentType?.toLowerCase() ?? ''
  if (!type.includes('form')) return false
  const body = request.bodyStart ?? ''
  return formNamePattern.test(body) || formNamePattern.test(decodeForm(body))
}

function readHeader(header: string): Reading<string> {
  if (header.trim() === '') return refuse('token_missing', 'no_credentials')
  if (header.length > maxTokenLength + 'Bearer '.length) return refuse('headers_too_large', 'token_too_large')
  // The Functions host joins repeated headers with a comma, and no bearer token contains one.
  if (header.includes(',')) return refuse('authorization_malformed', 'multiple_authorization_headers')
  if (!/^bearer(?:$|[^A-Za-z0-9-])/i.test(header)) return refuse('token_missing', 'unsupported_scheme')
  if (/^bearer *$/i.test(header)) return refuse('authorization_malformed', 'empty_token')
  const token = bearerPattern.exec(header)?.[1]
  return token === undefined ? refuse('authorization_malformed', 'malformed_authorization') : { value: token }
}

/**
 * The one bearer token of a request (RFC 6750 section 2.1, token68 of RFC 9110). A token in the URL or a form is refused
 * even beside a valid header: it stands in somebody's log already.
 */
export function readBearer(request: TokenRequest): Reading<string> {
  if (hasTokenInQuery(request.query)) return refuse('authorization_malformed', 'token_in_query')
  if (hasTokenInForm(request)) return refuse('authorization_malformed', 'token_in_body')
  const [header, ...others] = request.authorization
  if (header === undefined) return refuse('token_missing', 'no_credentials')
  if (others.length > 0) return refuse('authorization_malformed', 'multiple_authorization_headers')
  return readHeader(header)
}
