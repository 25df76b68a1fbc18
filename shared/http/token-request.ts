import type { TokenRequest } from '../identity/authorization.ts'
import type { Inbound } from '../pipeline/ports.ts'

const bodyStart = 4096

/** Everything of a request that may carry a token, as the verifier wants it. */
export function tokenRequestOf({ headers, query, body }: Inbound): TokenRequest {
  const authorization = headers.authorization
  return {
    authorization: authorization === undefined ? [] : [authorization],
    query,
    contentType: headers['content-type'] ?? '',
    bodyStart: new TextDecoder().decode(body.subarray(0, bodyStart)),
  }
}
