/**
 * The two questions to Key Vault's keys that signing takes ("Get Key", "Sign"), as a client of the REST pipeline: in
 * memory, with real keys on P-256. It differs in that its versions are counted, and that it signs for any token.
 */
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { createHttpHeaders, type HttpClient, type PipelineRequest } from '@azure/core-rest-pipeline'
import { signDigest } from '../../infra/local/vault/p256.ts'
import type { TokenSource } from '../../shared/audit/store.ts'

export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: unknown
}

interface Seen {
  readonly method: string
  readonly host: string
  readonly path: string
  readonly token: string | null
}

interface Options {
  readonly resource?: string
  /** Address in the ids of keys. */
  readonly idBase?: string
  /** What is another in the answer to "Get Key". */
  readonly change?: { readonly key?: object; readonly attributes?: object }
}

interface Pair {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

export interface RestVault {
  readonly options: { readonly url: string; readonly credential: TokenSource; readonly client: HttpClient }
  readonly seen: readonly Seen[]
  /** What tokens were asked for. */
  readonly asked: readonly unknown[]
  readonly versions: readonly Pair[]
  readonly rotate: () => void
  /** Answers the next request with a token so, or not at all. */
  readonly plant: (answer: Answer | 'silence') => void
}

const host = 'audit.vault.example.net'

export function makeRestVault({ resource = 'https://vault.example.net', idBase, change }: Options = {}): RestVault {
  const seen: Seen[] = []
  const asked: unknown[] = []
  const versions = [makePair()]
  const planted: (Answer | 'silence')[] = []
  const challenge = `Bearer authorization="https://login.example/7f0e6c1d", resource="${resource}"`
  const answer = (request: PipelineRequest): Answer | 'silence' => {
    if (!request.headers.has('authorization')) {
      return { status: 401, headers: { 'www-authenticate': challenge }, body: {} }
    }
    return planted.shift() ?? answerFrom(versions, request, { base: idBase ?? `https://${host}`, change })
  }
  return {
    options: { url: `https://${host}`, credential: countTokens(asked), client: clientOf(seen, answer) },
    ...{ seen, asked, versions },
    rotate: () => versions.push(makePair()),
    plant: (one) => planted.push(one),
  }
}

const makePair = (): Pair => generateKeyPairSync('ec', { namedCurve: 'P-256' })

function countTokens(asked: unknown[]): TokenSource {
  return {
    async getToken(scopes, { tenantId, claims, ...rest } = {}) {
      const { enableCae } = rest as { readonly enableCae?: boolean }
      asked.push({ scopes: [scopes].flat(), tenantId, claims, enableCae })
      return { token: `token-${asked.length}`, expiresOnTimestamp: Date.now() + 3_600_000 }
    },
  }
}

function clientOf(seen: Seen[], answer: (request: PipelineRequest) => Answer | 'silence'): HttpClient {
  return {
    async sendRequest(request) {
      const { hostname, pathname } = new URL(request.url)
      const token = request.headers.get('authorization') ?? null
      seen.push({ method: request.method, host: hostname, path: pathname, token })
      const given = answer(request)
      if (given === 'silence') return untilAborted(request)
      const { status, headers = {}, body } = given
      return { request, status, headers: createHttpHeaders(headers), bodyAsText: JSON.stringify(body) }
    },
  }
}

const untilAborted = ({ abortSignal }: PipelineRequest): Promise<never> =>
  new Promise((_resolve, reject) => {
    abortSignal?.addEventListener('abort', () => reject(new Error('aborted')))
  })

function answerFrom(
  versions: readonly Pair[],
  { url, method, body }: PipelineRequest,
  { base, change }: { readonly base: string; readonly change: Options['change'] },
): Answer {
  const [, , name = '', given = ''] = new URL(url).pathname.split('/')
  const version = given || String(versions.length).padStart(4, '0')
  const pair = versions[Number(version) - 1]
  if (pair === undefined) return { status: 404, body: { error: { code: 'KeyNotFound' } } }
  const kid = `${base}/keys/${name}/${version}`
  if (method === 'POST') return { status: 200, body: { kid, value: signFor(pair, JSON.parse(String(body))) } }
  const key = { kid, ...pair.publicKey.export({ format: 'jwk' }), ...change?.key }
  return { status: 200, body: { key, attributes: { exportable: false, ...change?.attributes } } }
}

function signFor({ privateKey }: Pair, { alg, value }: { readonly alg: string; readonly value: string }): string {
  if (alg !== 'ES256') return ''
  const secret = Buffer.from(privateKey.export({ format: 'jwk' }).d ?? '', 'base64url')
  return signDigest(secret, Buffer.from(value, 'base64url')).toString('base64url')
}
