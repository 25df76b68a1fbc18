import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Claims } from '../entra/bearer-check.ts'

/** A request as the account's diagnostic log has it, by its column names. */
export interface LoggedRequest {
  readonly TimeGenerated: string
  readonly CorrelationId: string
  readonly OperationName: string
  readonly StatusCode: string
  readonly RequesterObjectId: string
  readonly RequesterAppId: string
  readonly ClientRequestId: string
}

interface Answered {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly claims: Claims
}

/** Calls `note` once the answer has left; the operation is named by method only, other than in Azure. */
export function noteAnswer({ request, response, claims }: Answered, note: (request: LoggedRequest) => void): void {
  const TimeGenerated = new Date().toISOString()
  response.on('close', () =>
    note({
      TimeGenerated,
      CorrelationId: randomUUID(),
      OperationName: String(request.method),
      StatusCode: String(response.statusCode),
      RequesterObjectId: claims.oid,
      RequesterAppId: String(claims.appid ?? ''),
      ClientRequestId: String(request.headers['x-ms-client-request-id'] ?? ''),
    }),
  )
}
