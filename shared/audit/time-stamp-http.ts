import type { AskAuthority } from './time-stamper.ts'

export interface AuthorityOptions {
  readonly url: string
  readonly fetch: typeof fetch
  /** Milliseconds for one request. */
  readonly timeout?: number
}

const defaultTimeout = 10_000
const maxReply = 65_536

/** Asks a time stamping authority over HTTP (RFC 3161 section 3.4). Rejects with Error where it gives no reply of that kind. */
export function createAuthority({ url, fetch, timeout = defaultTimeout }: AuthorityOptions): AskAuthority {
  return async (request) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/timestamp-query', Accept: 'application/timestamp-reply' },
      body: new Uint8Array(request),
      redirect: 'error',
      signal: AbortSignal.timeout(timeout),
    })
    const type = response.headers.get('content-type')?.split(';')[0]?.trim()
    if (response.status !== 200 || type !== 'application/timestamp-reply') {
      await response.body?.cancel()
      throw new Error(`the authority answered ${response.status} ${type ?? 'without a type'}`)
    }
    return readBounded(response)
  }
}

async function readBounded(response: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += (chunk as Uint8Array).length
    if (size > maxReply) throw new Error('the authority answered too much')
    chunks.push(chunk as Uint8Array)
  }
  return Buffer.concat(chunks)
}
