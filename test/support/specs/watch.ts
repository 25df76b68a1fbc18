import type { SpecFile } from '../../../infra/local/specs/document.ts'
import { judgeAnswer } from './answer-judge.ts'
import { matchOperation, type SentRequest } from './match.ts'
import { judgeRequest } from './request-judge.ts'

/** A `fetch` that judges what it carries, for stand-ins: requests and answers alike. */
export interface Watch {
  readonly fetch: typeof fetch
  /** `operation: fault`, in the order of the calls. */
  readonly faults: readonly string[]
  /** Ids of the operations that were called. */
  readonly asked: readonly string[]
}

export interface WatchOptions {
  readonly documents: readonly SpecFile[]
  /** Which requests to leave alone; unless given, none. */
  readonly ignore?: (request: SentRequest) => boolean
  /** Sends; unless given, the global `fetch`. */
  readonly fetch?: typeof fetch
}

/** Judges both sides of every call by the publisher's documents, whatever server answers. */
export function watchTraffic({ documents, ignore = () => false, fetch: send = fetch }: WatchOptions): Watch {
  const faults: string[] = []
  const asked: string[] = []
  const watched: typeof fetch = async (input, init) => {
    const request = new Request(input, init)
    const sent = await describe(request.clone())
    const response = await send(input, init)
    if (ignore(sent)) return response
    const match = matchOperation(documents, sent)
    if (match === undefined) {
      faults.push(`${sent.method} ${sent.url.split('?')[0]}: is not documented`)
      return response
    }
    asked.push(match.operation.id)
    const copy = response.clone()
    const given = { status: copy.status, type: copy.headers.get('content-type') ?? '', body: await copy.text() }
    const all = [...judgeRequest(match, sent), ...judgeAnswer(match.operation, given)]
    faults.push(...all.map((fault) => `${match.operation.id}: ${fault}`))
    return response
  }
  return { fetch: watched, faults, asked }
}

async function describe(request: Request): Promise<SentRequest> {
  const { pathname, search } = new URL(request.url)
  const headers = Object.fromEntries(request.headers)
  return { method: request.method, url: `${pathname}${search}`, headers, body: await request.text() }
}
