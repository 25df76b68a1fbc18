import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { storageAudience } from './access-token.ts'

/** A refusal in the service's own words. */
export interface Refusal {
  readonly status: number
  readonly code: string
  readonly message: string
}

export const refusals = {
  noToken: { status: 401, code: 'NoAuthenticationInformation', message: 'Server failed to authenticate the request.' },
  badToken: { status: 401, code: 'InvalidAuthenticationInfo', message: 'Server failed to authenticate the request.' },
  noVersion: { status: 400, code: 'MissingRequiredHeader', message: 'x-ms-version must be set.' },
  noRole: {
    status: 403,
    code: 'AuthorizationPermissionMismatch',
    message: 'This request is not authorized to perform this operation using this permission.',
  },
  away: { status: 500, code: 'InternalError', message: 'Server encountered an internal error.' },
} as const satisfies Record<string, Refusal>

/** Answers as the service does: XML (none to HEAD), the code in a header too, and where tokens come from for 401. */
export function refuse(
  response: ServerResponse,
  request: IncomingMessage,
  facts: { refusal: Refusal; tenant: string },
): void {
  const { status, code, message } = facts.refusal
  const id = randomUUID()
  const text = `${message}\nRequestId:${id}\nTime:${new Date().toISOString()}`
  const body = `\ufeff<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${text}</Message></Error>`
  const authority = `https://login.microsoftonline.com/${facts.tenant}/oauth2/authorize`
  const challenge = `Bearer authorization_uri=${authority} resource_id=${storageAudience}`
  response.writeHead(status, {
    'content-type': 'application/xml',
    'x-ms-error-code': code,
    'x-ms-request-id': id,
    ...(status === 401 ? { 'www-authenticate': challenge } : {}),
  })
  request.resume()
  response.end(request.method === 'HEAD' ? undefined : body)
}
