/** Computes AWS Signature Version 4 anew from a request as it came, and holds it against the one that it bears. */
import { createHash, createHmac } from 'node:crypto'

export interface AwsRequest {
  readonly method: string
  readonly url: URL
  readonly headers: Headers
  readonly body: string
}

/** What a credential stands for: the secret that signs, the token that goes with it. */
export interface AwsKey {
  readonly secret: string
  readonly token: string
}

/** Where a request was signed for. */
export interface SignedFor {
  readonly service: string
  readonly region: string
  readonly now: number
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()
const encodeAll = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
const form =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/

/** Id of the credential whose signature holds, or null: everything that came is signed, for this place and time. */
export function checkSignature<Key extends AwsKey>(
  request: AwsRequest,
  keys: ReadonlyMap<string, Key>,
  wanted: SignedFor,
): Key | null {
  const [, id = '', day = '', region, service, names = '', signature] =
    form.exec(request.headers.get('authorization') ?? '') ?? []
  const key = keys.get(id)
  if (key === undefined || service !== wanted.service || region !== wanted.region) return null
  if (!isComplete(request, { key, names: names.split(';'), now: wanted.now })) return null
  const date = request.headers.get('x-amz-date') ?? ''
  const scope = `${day}/${region}/${service}/aws4_request`
  const text = ['AWS4-HMAC-SHA256', date, scope, sha256(canonical(request, service, names))].join('\n')
  const signing = [day, region, service, 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${key.secret}`)
  return hmac(signing, text).toString('hex') === signature ? key : null
}

function isComplete(
  { headers, body }: AwsRequest,
  { key, names, now }: { readonly key: AwsKey; readonly names: readonly string[]; readonly now: number },
): boolean {
  const date = (headers.get('x-amz-date') ?? '').replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z')
  const isFresh = Math.abs(Date.parse(date) - now) < 300_000
  const own = [...headers.keys()].filter((name) => name.startsWith('x-amz-'))
  const isSigned = ['host', ...own].every((name) => names.includes(name))
  const isWhole = headers.get('x-amz-content-sha256') === sha256(body)
  return isFresh && isSigned && isWhole && headers.get('x-amz-security-token') === key.token
}

function canonical({ method, url, headers, body }: AwsRequest, service: string, names: string): string {
  const value = (name: string) => (name === 'host' ? url.host : (headers.get(name) ?? '').trim().replace(/\s+/g, ' '))
  const lines = names.split(';').map((name) => `${name}:${value(name)}\n`)
  const query = [...url.searchParams].map(([name, text]) => `${encodeAll(name)}=${encodeAll(text)}`).sort()
  const segments = url.pathname.split('/').map((part) => encodeAll(service === 's3' ? decodeURIComponent(part) : part))
  return [method, segments.join('/'), query.join('&'), lines.join(''), names, sha256(body)].join('\n')
}
