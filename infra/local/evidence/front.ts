/**
 * Stands in for immutable storage (container-level time-based retention) of the account that keeps the evidence.
 * Azurite behind it takes the headers and enforces nothing; here what is kept cannot be changed, overwritten or removed
 * before its time, append blobs grow only where the policy says so, a container with a policy cannot be removed, and
 * each identity may do only what its role says. It differs from the service: roles and policies are fixed at the start;
 * a request signed with the account's key is judged by the policy before Azurite checks the signature; batches, signed
 * links and copies are refused; whoever reaches Azurite's own port, or its files, gets round it.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { request as send } from 'node:https'
import { makeTokenCheck } from '../blobs/access-token.ts'
import type { BlobFront } from '../blobs/front.ts'
import { type Refusal, refusals, refuse } from '../blobs/refusal.ts'
import type { TokenRules } from '../entra/bearer-check.ts'
import { listenHttps } from '../tls/https-server.ts'
import { type Behind, lookAt } from './kept-blob.ts'
import { type ContainerPolicy, judgeByPolicy } from './policy.ts'
import { mayAsk, type Roles } from './roles.ts'
import { parseStorageRequest, type StorageRequest } from './storage-request.ts'

export interface EvidenceFrontOptions extends TokenRules, Behind {
  /** PEM of the server certificate and its key, and of the authority behind Azurite's. */
  readonly certificate: { readonly cert: string; readonly key: string; readonly ca: string }
  /** By container; one without is as in an account without immutability. */
  readonly policies: Readonly<Record<string, ContainerPolicy>>
  readonly roles: Roles
  /** Epoch milliseconds; the clock unless given. */
  readonly now?: () => number
}

interface Door {
  readonly options: EvidenceFrontOptions
  readonly azurite: URL
  readonly account: string
  readonly check: ReturnType<typeof makeTokenCheck>
  /** By container and blob: changes of one name wait for each other, so that what was judged is what is changed. */
  readonly busy: Map<string, Promise<unknown>>
}

const immutable: Readonly<Record<'blob' | 'container', Refusal>> = {
  blob: {
    status: 409,
    code: 'BlobImmutableDueToPolicy',
    message: 'This operation is not permitted as the blob is immutable due to a policy.',
  },
  container: {
    status: 409,
    code: 'ContainerImmutabilityPolicyLocked',
    message: 'The requested operation is not allowed as the container has a locked immutability policy.',
  },
}

/** Starts the front on a free port of 127.0.0.1 (https). */
export async function startEvidenceFront(options: EvidenceFrontOptions): Promise<BlobFront> {
  const azurite = new URL(options.account)
  const account = azurite.pathname.slice(1)
  const door: Door = { options, azurite, account, check: makeTokenCheck(options), busy: new Map() }
  const server = await listenHttps(options.certificate, (request, response) => {
    serve(request, response, door).catch(() => deny(request, response, { refusal: refusals.away, door }))
  })
  return { ...server, url: `${server.url}/${account}` }
}

async function serve(request: IncomingMessage, response: ServerResponse, door: Door): Promise<void> {
  const url = new URL(request.url ?? '/', door.azurite.origin)
  const asked = parseStorageRequest(request, url, door.account)
  const refusal = asked === null ? refusals.noRole : await judgeCaller(request, asked, { url, door })
  if (asked === null || refusal !== null) {
    return deny(request, response, { refusal: refusal ?? refusals.noRole, door })
  }
  const act = async () => {
    const fault = await judgeChange(asked, door)
    if (fault !== null) return deny(request, response, { refusal: immutable[fault], door })
    await forward(request, response, door)
  }
  await (asked.isChange ? inTurn(door, `${asked.container}/${asked.blob}`, act) : act())
}

/** The account's key may do all that no policy forbids, and Azurite checks it; a token what its identity's role says. */
async function judgeCaller(
  request: IncomingMessage,
  asked: StorageRequest,
  { url, door }: { url: URL; door: Door },
): Promise<Refusal | null> {
  const { authorization } = request.headers
  if (authorization === undefined) return refusals.noToken
  if (!/^\d{4}-\d\d-\d\d$/.test(String(request.headers['x-ms-version']))) return refusals.noVersion
  if (asked.comp === 'batch' || asked.isCopy || url.searchParams.has('sig')) return refusals.noRole
  if (/^SharedKey /.test(authorization)) return null
  const oid = await door.check(authorization)
  if (oid === null) return refusals.badToken
  return mayAsk(door.options.roles, oid, asked) ? null : refusals.noRole
}

async function judgeChange(asked: StorageRequest, door: Door) {
  const { policies, now = Date.now } = door.options
  const policy = Object.hasOwn(policies, asked.container) ? policies[asked.container] : undefined
  if (policy === undefined || !asked.isChange) return null
  const kept = asked.blob === '' ? null : await lookAt(door.options, door.options.certificate.ca, asked)
  return judgeByPolicy(asked, { policy, kept, now: now() })
}

async function inTurn(door: Door, name: string, act: () => Promise<void>): Promise<void> {
  const mine = (door.busy.get(name) ?? Promise.resolve()).catch(() => undefined).then(act)
  door.busy.set(name, mine)
  try {
    await mine
  } finally {
    if (door.busy.get(name) === mine) door.busy.delete(name)
  }
}

function forward(request: IncomingMessage, response: ServerResponse, door: Door): Promise<void> {
  const headers = { ...request.headers, host: door.azurite.host }
  return new Promise((resolve, reject) => {
    const options = { method: request.method, headers, ca: door.options.certificate.ca }
    const sent = send(`${door.azurite.origin}${request.url}`, options, (answer) => {
      const { connection: _hop, 'keep-alive': _hops, ...kept } = answer.headers
      response.writeHead(answer.statusCode ?? 500, kept)
      answer.pipe(response)
      answer.on('error', reject)
      response.on('close', () => resolve(answer.destroy() && undefined))
    })
    sent.on('error', reject)
    request.on('aborted', () => sent.destroy())
    request.pipe(sent)
  })
}

function deny(
  request: IncomingMessage,
  response: ServerResponse,
  { refusal, door }: { refusal: Refusal; door: Door },
): void {
  if (response.headersSent) return void response.destroy()
  refuse(response, request, { refusal, tenant: door.options.tenant })
}
