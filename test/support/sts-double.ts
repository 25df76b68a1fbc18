/**
 * Imitates Entra's token endpoint for the on-behalf-of grant, behind an injected `fetch`. Unlike Entra it checks neither
 * signatures nor consent: it answers with a token for the assertion's subject, or with the fault that the test set.
 */
import { decodeJwt } from 'jose'
import { encode } from './tokens.ts'

export interface Fault {
  readonly status: number
  readonly body?: unknown
  readonly headers?: Record<string, string>
}

/** Entra's error body. */
export function entraError(error: string, number: number, more: Record<string, unknown> = {}): Fault {
  const body = {
    error,
    error_description: `AADSTS${number}: words that decide nothing`,
    error_codes: [number],
    ...more,
  }
  return { status: error === 'invalid_client' ? 401 : 400, body }
}

export interface StsDouble {
  readonly fetch: typeof fetch
  readonly requests: { readonly url: string; readonly form: URLSearchParams }[]
  /** The next answer's fault, or one for each request; null answers with a token. */
  fault: Fault | 'hang' | null
  /** Changes of a good answer. */
  answer: Record<string, unknown>
  /** Changes of the ID token in it. */
  identity: Record<string, unknown>
}

function goodAnswer(form: URLSearchParams, sts: StsDouble): Record<string, unknown> {
  const { tid, oid } = decodeJwt(form.get('assertion') ?? '')
  const idToken = {
    iss: `https://login.microsoftonline.com/${tid}/v2.0`,
    tid,
    oid,
    sub: `sub-${oid}`,
    ver: '2.0',
    ...sts.identity,
  }
  return {
    token_type: 'Bearer',
    scope: form.get('scope'),
    expires_in: 3600,
    ext_expires_in: 3600,
    access_token: `backend-token-${sts.requests.length}-${oid}`,
    refresh_token: 'refresh',
    id_token: `${encode({ alg: 'none' })}.${encode(idToken)}.`,
    client_info: encode({ uid: oid, utid: tid }),
    ...sts.answer,
  }
}

function hang(signal: AbortSignal | null | undefined): Promise<Response> {
  return new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
}

/** A token endpoint that gives everybody a token until told otherwise. */
export function createStsDouble(): StsDouble {
  const sts: StsDouble = {
    requests: [],
    fault: null,
    answer: {},
    identity: {},
    fetch: async (url, init) => {
      const form = new URLSearchParams(String(init?.body))
      sts.requests.push({ url: String(url), form })
      if (sts.fault === 'hang') return hang(init?.signal)
      if (sts.fault === null) return Response.json(goodAnswer(form, sts))
      const { status, body, headers = {} } = sts.fault
      return new Response(typeof body === 'string' ? body : JSON.stringify(body ?? {}), { status, headers })
    },
  }
  return sts
}
