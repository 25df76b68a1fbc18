import type { Delivery } from './notice.ts'

export interface NoticePostOptions {
  readonly fetch: typeof fetch
  /** Milliseconds for one attempt; 10,000 unless given. */
  readonly timeout?: number
}

/** One message to one address. */
export interface NoticePost {
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string
}

/** Posts JSON: no redirect followed, nothing read of the answer but its status. Never rejects, never quotes the address. */
export function createNoticePost({ fetch, timeout = 10_000 }: NoticePostOptions) {
  return async ({ url, headers = {}, body }: NoticePost): Promise<Delivery> => {
    try {
      const answer = await fetch(url, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body,
        redirect: 'manual',
        signal: AbortSignal.timeout(timeout),
      })
      await answer.body?.cancel()
      return answer.ok ? { ok: true } : refused(answer)
    } catch (error) {
      return { ok: false, reason: error instanceof Error ? error.name : 'unknown' }
    }
  }
}

function refused({ status, headers }: Response): Delivery {
  const seconds = Number(headers.get('retry-after') ?? Number.NaN)
  return {
    ok: false,
    reason: String(status),
    ...(Number.isFinite(seconds) && seconds > 0 ? { retryAfter: seconds } : {}),
    ...(status === 410 ? { gone: true } : {}),
  }
}
