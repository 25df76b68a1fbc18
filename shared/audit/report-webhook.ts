import type { PublishedReport } from './nightly-ports.ts'

export interface ReportWebhookOptions {
  readonly fetch: typeof fetch
  readonly wait: (milliseconds: number) => Promise<void>
  /** Milliseconds for one attempt; 10,000 unless given. */
  readonly timeout?: number
}

const attempts = 3
const firstPause = 1000

/**
 * Posts a report's verdict and digest, as JSON, to an address of the settings: three attempts with growing pauses, no
 * redirect followed, nothing read of the answer but its status. Answers whether it was taken.
 */
export function createReportWebhook({ fetch, wait, timeout = 10_000 }: ReportWebhookOptions) {
  return async (url: string, body: PublishedReport & { readonly url: string }): Promise<boolean> => {
    for (let attempt = 0; attempt < attempts; attempt++) {
      if (attempt > 0) await wait(firstPause * 4 ** (attempt - 1))
      if (await postOnce(url, JSON.stringify(body))) return true
    }
    return false
  }

  async function postOnce(url: string, body: string): Promise<boolean> {
    const headers = { 'content-type': 'application/json' }
    const signal = AbortSignal.timeout(timeout)
    try {
      const answer = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal })
      await answer.body?.cancel()
      return answer.ok
    } catch {
      return false
    }
  }
}
