/**
 * Every exchange of a sealer with its stores and its vault, and what befalls one of them: on the way to the blobs as an HTTP
 * client of the product's own pipeline, on the way to the tables as a forwarder, and at the vault as a signer.
 */
import { createHttpHeaders, type HttpClient, type PipelineRequest, RestError } from '@azure/core-rest-pipeline'
import type { NoteSigner } from '../../shared/audit/anchor-log.ts'
import type { Failure, Plan, Seen } from './fault-plan.ts'
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts'

export const sealerFailures = [
  'request lost',
  'reply lost',
  'late',
  '500',
  '503',
  'killed before',
  'killed after',
] as const
export type SealerFailure = (typeof sealerFailures)[number]

/** The `nth` exchange (from 0) of all of one run. */
export interface SealerFault {
  readonly at: number
  readonly failure: SealerFailure
}

/** What a run did and what befell it. */
export interface Exchanges {
  /** Service and what was asked of it, in order. */
  readonly seen: string[]
  fault: SealerFault | null
  /** Resolves where the process was killed: nothing of it happens any more. */
  readonly dead: Promise<'dead'>
  /** Requests that come late arrive now. */
  readonly deliver: () => Promise<void>
  readonly meet: (what: string) => SealerFailure | null
  readonly hold: (request: () => Promise<unknown>) => void
  readonly die: () => Promise<never>
  readonly isDead: () => boolean
}

export function createExchanges(fault: SealerFault | null): Exchanges {
  const seen: string[] = []
  const late: (() => Promise<unknown>)[] = []
  let isDead = false
  let end: (value: 'dead') => void = () => undefined
  const dead = new Promise<'dead'>((resolve) => {
    end = resolve
  })
  return {
    ...{ seen, fault, dead },
    async deliver() {
      for (const request of late.splice(0)) await request().catch(() => undefined)
    },
    meet: (what) => (seen.push(what) - 1 === fault?.at ? fault.failure : null),
    hold: (request) => void late.push(request),
    die() {
      isDead = true
      end('dead')
      return new Promise<never>(() => undefined)
    },
    isDead: () => isDead,
  }
}

/** One exchange whose request is `send`; `answer` is what a server that is not well says. */
async function exchange<Reply>(
  exchanges: Exchanges,
  what: string,
  { send, answer }: { readonly send: () => Promise<Reply>; readonly answer: (status: number) => Reply },
): Promise<Reply> {
  if (exchanges.isDead()) return exchanges.die()
  const failure = exchanges.meet(what)
  if (failure === 'killed before') return exchanges.die()
  if (failure === '500' || failure === '503') return answer(Number(failure))
  if (failure === 'late') exchanges.hold(send)
  if (failure === 'late' || failure === 'request lost') throw lost()
  const reply = await send()
  if (failure === 'reply lost') throw lost()
  return failure === 'killed after' || exchanges.isDead() ? exchanges.die() : reply
}

function lost(): Error {
  return new RestError('the connection was reset', { code: 'ECONNRESET' })
}

/** The blobs' client on that way. */
export function wrapClient(inner: HttpClient, exchanges: Exchanges): HttpClient {
  return {
    sendRequest: (request) =>
      exchange(exchanges, `blobs ${nameRequest(request)}`, {
        // What comes late comes from a client that waits no longer.
        send: () => inner.sendRequest(exchanges.fault?.failure === 'late' ? patient(request) : request),
        answer: (status) => ({ status, headers: createHttpHeaders(), request, bodyAsText: '' }),
      }),
  }
}

function patient(request: PipelineRequest): PipelineRequest {
  delete request.abortSignal
  return request
}

function nameRequest({ method, url }: PipelineRequest): string {
  const { pathname, searchParams } = new URL(url)
  const folder = pathname.split('/')[3] ?? ''
  return [method, folder, searchParams.get('comp') ?? ''].filter((part) => part !== '').join(' ')
}

/** The vault's signing on that way. */
export function wrapSigner(sign: NoteSigner, exchanges: Exchanges): NoteSigner {
  return (text) =>
    exchange(exchanges, 'vault sign', {
      send: () => sign(text),
      answer: (status) => {
        throw new Error(`the vault answered ${status}`)
      },
    })
}

export interface TableProxy extends FaultProxy {
  /** Whose exchanges are forwarded from now on. */
  watch: (exchanges: Exchanges) => void
}

/** A forwarder in front of the table server. */
export async function startTableProxy(port: number): Promise<TableProxy> {
  let current = createExchanges(null)
  const meet: Plan['meet'] = (service, label): Seen => {
    const failure = current.meet(`tables ${label}`)
    const passed = failure === null || failure.startsWith('killed') ? null : (failure as Failure)
    if (failure?.startsWith('killed')) void current.die()
    return { service, label, nth: 0, decisionId: null, reached: false, durable: null, failure: passed, done: true }
  }
  const plan: Plan = { arm: () => [], meet, isQuiet: () => true, isMet: () => true, isDurable: async () => true }
  const proxy = await startFaultProxy({
    target: { url: `http://127.0.0.1:${port}` },
    describe: ({ method }) => ({ service: 'book', label: method }),
    planOf: () => plan,
  })
  return {
    ...proxy,
    watch: (exchanges) => {
      current = exchanges
    },
  }
}
