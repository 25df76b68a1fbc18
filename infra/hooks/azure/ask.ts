import { setTimeout as sleep } from 'node:timers/promises'
import { type FaultCode, makeFault } from './fault.ts'
import type { Patience } from './patience.ts'

/** One question to a service. */
export interface Question {
  /** What is asked for, in words for the report. */
  readonly what: string
  readonly url: string
  readonly token: string
  readonly method?: 'GET' | 'POST' | 'DELETE'
  readonly body?: unknown
}

interface Outcome {
  readonly fault: FaultCode | null
  readonly detail: string
  readonly body: unknown
  /** Milliseconds that the service wants to be left alone; null: it did not say. */
  readonly retryAfterMs: number | null
}

const passing = new Set<FaultCode | null>([
  'azure_throttled',
  'azure_unavailable',
  'azure_too_slow',
  'azure_unreachable',
])

/** The parsed JSON of an answer, null for one without a body; what passes by itself is tried again. Rejects with a fault. */
export async function ask(question: Question, patience: Patience): Promise<unknown> {
  for (let attempt = 1; ; attempt += 1) {
    const { fault, detail, body, retryAfterMs } = await askOnce(question, patience)
    if (fault === null) return body
    if (!passing.has(fault) || attempt >= patience.attempts) throw makeFault(fault, `${question.what}: ${detail}`)
    await sleep(Math.min(retryAfterMs ?? 1000 * 2 ** (attempt - 1), patience.waitMs))
  }
}

async function askOnce(question: Question, { requestMs }: Patience): Promise<Outcome> {
  const { url, token, method = 'GET', body } = question
  const signal = AbortSignal.timeout(requestMs)
  try {
    const response = await fetch(url, {
      method,
      // A redirect could carry the token to somebody else.
      redirect: 'manual',
      headers: {
        authorization: `Bearer ${token}`,
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal,
    })
    return judge(response, await response.text())
  } catch {
    return signal.aborted
      ? fail('azure_too_slow', `no answer within ${requestMs / 1000} s`)
      : fail('azure_unreachable', `${new URL(url).host} cannot be reached`)
  }
}

function fail(fault: FaultCode, detail: string, retryAfterMs: number | null = null): Outcome {
  return { fault, detail, body: null, retryAfterMs }
}

function judge(response: Response, text: string): Outcome {
  const { status } = response
  if (status >= 300) return fail(faultOfStatus(status), describeRefusal(status, text), readRetryAfter(response))
  if (text === '') return { fault: null, detail: '', body: null, retryAfterMs: null }
  try {
    return { fault: null, detail: '', body: JSON.parse(text) as unknown, retryAfterMs: null }
  } catch {
    return fail('azure_malformed', `status ${status}, and what came is not JSON`)
  }
}

function faultOfStatus(status: number): FaultCode {
  if (status === 401) return 'azure_unauthorized'
  if (status === 403) return 'azure_forbidden'
  if (status === 404) return 'azure_not_found'
  if (status === 429) return 'azure_throttled'
  return status >= 500 ? 'azure_unavailable' : 'azure_refused'
}

/** Only the code: a message may quote what was sent. */
function describeRefusal(status: number, text: string): string {
  const code = /"code"\s*:\s*"([A-Za-z_]{1,64})"/.exec(text)?.[1]
  return code === undefined ? `status ${status}` : `status ${status} ${code}`
}

function readRetryAfter({ headers }: Response): number | null {
  const text = headers.get('retry-after')
  if (text === null) return null
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / 1000
  return Number.isFinite(seconds) ? Math.max(0, 1000 * seconds) : null
}
