import type { HttpClient, PipelineResponse } from '@azure/core-rest-pipeline'
import type { TokenSource } from '../audit/store.ts'
import type { ReleaseRead } from './release-desk.ts'

export interface ReleaseBlobOptions {
  /** Address of the blob, https. */
  readonly url: string
  readonly credential: TokenSource
  /** Milliseconds for one look, the body included. */
  readonly timeout: number
  /** How requests are sent; over Node's own https unless given. */
  readonly client?: HttpClient
}

const version = '2024-11-04'
const scope = 'https://storage.azure.com/.default'
const mostBytes = 4_194_304

/** Reads a blob of Azure Storage where it has changed (ETag). Rejects where it cannot, and where it is too large. */
export function createReleaseBlob(options: ReleaseBlobOptions): (etag: string | undefined) => Promise<ReleaseRead> {
  const { url, credential, timeout } = options
  return async (etag) => {
    const sdk = await import('../azure-rest.ts')
    const pipeline = sdk.createEmptyPipeline()
    pipeline.addPolicy(sdk.bearerTokenAuthenticationPolicy({ credential, scopes: scope }))
    const known = etag === undefined ? {} : { 'if-none-match': etag }
    const request = sdk.createPipelineRequest({
      url,
      headers: sdk.createHttpHeaders({ 'x-ms-version': version, ...known }),
      abortSignal: AbortSignal.timeout(timeout),
      streamResponseStatusCodes: new Set([200]),
    })
    return readAnswer(await pipeline.sendRequest(options.client ?? sdk.createDefaultHttpClient(), request))
  }
}

async function readAnswer({ status, headers, readableStreamBody }: PipelineResponse): Promise<ReleaseRead> {
  if (status === 304) return 'unchanged'
  if (status === 404) return 'missing'
  if (status !== 200) throw new Error(`the store answered ${status}`)
  const bytes = await collect(readableStreamBody ?? [])
  // A body that was cut short is no release that somebody put there.
  if (bytes.length !== Number(headers.get('content-length'))) throw new Error('the answer was cut short')
  return { text: bytes.toString('utf8'), etag: headers.get('etag') ?? '' }
}

async function collect(body: AsyncIterable<unknown> | Iterable<unknown>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    size += (chunk as Uint8Array).length
    if (size > mostBytes) throw new Error('a release is too large')
    chunks.push(chunk as Uint8Array)
  }
  return Buffer.concat(chunks)
}
