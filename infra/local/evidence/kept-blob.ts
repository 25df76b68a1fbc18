import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { request as send } from 'node:https'
import type { KeptBlob } from './policy.ts'

/** The account behind the front: its address at Azurite, and a token that Azurite takes. */
export interface Behind {
  /** `https://127.0.0.1:<port>/<account>`. */
  readonly account: string
  readonly token: string
}

/** What is kept under a name, or null. Rejects where Azurite does not say. */
export async function lookAt(
  behind: Behind,
  ca: string,
  { container, blob }: { container: string; blob: string },
): Promise<KeptBlob | null> {
  const path = [container, ...blob.split('/')].map(encodeURIComponent).join('/')
  const { statusCode, headers } = await ask(behind, { method: 'HEAD', path, ca })
  if (statusCode === 404) return null
  if (statusCode !== 200) throw new Error(`the account answered ${statusCode}`)
  const modified = Date.parse(String(headers['last-modified']))
  return { type: String(headers['x-ms-blob-type']) as KeptBlob['type'], modified }
}

/** Makes a container; one that is there stays as it is. */
export async function makeContainer(behind: Behind, ca: string, name: string): Promise<void> {
  const { statusCode } = await ask(behind, { method: 'PUT', path: `${name}?restype=container`, ca })
  if (statusCode !== 201 && statusCode !== 409) throw new Error(`making ${name} was answered ${statusCode}`)
}

/** Puts a block blob, over one that is there. */
export async function putBlob(
  behind: Behind,
  ca: string,
  { path, body }: { readonly path: string; readonly body: Uint8Array },
): Promise<void> {
  const { statusCode } = await ask(behind, { method: 'PUT', path, ca, body })
  if (statusCode !== 201) throw new Error(`putting ${path} was answered ${statusCode}`)
}

async function ask(
  { account, token }: Behind,
  { method, path, ca, body }: { method: string; path: string; ca: string; body?: Uint8Array },
): Promise<IncomingMessage> {
  const headers = {
    authorization: `Bearer ${token}`,
    'x-ms-version': '2024-11-04',
    'content-length': body?.length ?? 0,
  }
  const blob = body === undefined ? {} : { 'x-ms-blob-type': 'BlockBlob' }
  const sent = send(`${account}/${path}`, { method, ca, headers: { ...headers, ...blob } })
  sent.end(body)
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  answer.resume()
  return answer
}
