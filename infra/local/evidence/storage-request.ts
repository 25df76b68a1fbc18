import type { IncomingMessage } from 'node:http'

/** What a request to the account asks for. */
export interface StorageRequest {
  readonly method: string
  /** Decoded names; empty for the account or the container itself. */
  readonly container: string
  readonly blob: string
  /** Value of `comp`, empty without. */
  readonly comp: string
  readonly restype: string
  readonly isChange: boolean
  readonly ifNoneMatch: string
  /** Copies from somewhere. */
  readonly isCopy: boolean
}

/** Takes a request to `/<account>/…` apart; null for another account's, and for what reads in two ways. */
export function parseStorageRequest(request: IncomingMessage, url: URL, account: string): StorageRequest | null {
  const names = [...url.searchParams.keys()].map((name) => name.toLowerCase())
  // What was judged must be what is sent on: an address that the parser had to straighten is refused.
  const isStraight = (request.url ?? '').split('?')[0] === url.pathname
  if (new Set(names).size !== names.length || !isStraight) return null
  try {
    const [, owner, container = '', ...rest] = url.pathname.split('/')
    if (owner !== account) return null
    const method = request.method ?? ''
    return {
      method,
      container: decodeURIComponent(container),
      blob: decodeURIComponent(rest.join('/')),
      comp: url.searchParams.get('comp')?.toLowerCase() ?? '',
      restype: url.searchParams.get('restype')?.toLowerCase() ?? '',
      isChange: method !== 'GET' && method !== 'HEAD',
      ifNoneMatch: String(request.headers['if-none-match'] ?? ''),
      isCopy: request.headers['x-ms-copy-source'] !== undefined,
    }
  } catch {
    return null
  }
}
