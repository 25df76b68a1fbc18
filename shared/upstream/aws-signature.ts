import { createHash } from 'node:crypto'
import { AwsV4Signer } from 'aws4fetch'
import type { AwsRequest, AwsSession } from './aws-credentials.ts'

/**
 * Headers of a request signed by AWS Signature Version 4, all that it sends but what the way may change. `now` is epoch
 * milliseconds. The body is always part of what is signed.
 */
export async function signAws(request: AwsRequest, session: AwsSession, now: number): Promise<Headers> {
  const { url, method, body } = request
  const { accessKeyId, secretAccessKey, sessionToken, service, region } = session
  const hash = createHash('sha256')
    .update(body ?? '')
    .digest('hex')
  const headers = { ...request.headers, 'x-amz-content-sha256': hash }
  const credentials = { accessKeyId, secretAccessKey, sessionToken, service, region }
  const datetime = new Date(now).toISOString().replace(/[:-]|\.\d{3}/g, '')
  const signer = new AwsV4Signer({ url, method, headers, body, ...credentials, datetime, allHeaders: true })
  return (await signer.sign()).headers
}
