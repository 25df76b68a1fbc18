/**
 * Stands in for Azure Resource Manager, for one question: which immutability policy a container has (`Microsoft.Storage`,
 * api-version 2023-05-01 and later). It differs from the service in that it knows one account, takes no change, and gives
 * each identity that it is told of the right to read and nobody else.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { makeBearerCheck, type TokenRules } from '../entra/bearer-check.ts'
import { listenHttps } from '../tls/https-server.ts'
import type { ContainerPolicy } from './policy.ts'

/** Audience of Azure Resource Manager's tokens. */
export const managementAudience = 'https://management.azure.com'

export interface ResourceManagerOptions extends TokenRules {
  readonly certificate: { readonly cert: string; readonly key: string }
  /** Id of the account: `/subscriptions/…/storageAccounts/<name>`. */
  readonly accountId: string
  /** Containers of the account; null for one without a policy. */
  readonly policies: Readonly<Record<string, ContainerPolicy | null>>
  /** Object ids that may read. */
  readonly readers: readonly string[]
}

export interface ResourceManager {
  readonly url: string
  stop(): Promise<void>
}

interface Reply {
  readonly status: number
  readonly body: unknown
}

const fault = (status: number, code: string, message: string): Reply => ({ status, body: { error: { code, message } } })

/** Starts on a free port of 127.0.0.1 (https). */
export async function startResourceManager(options: ResourceManagerOptions): Promise<ResourceManager> {
  const check = makeBearerCheck(options, {
    audience: [managementAudience, `${managementAudience}/`],
    issuer: `https://sts.windows.net/${options.tenant}/`,
    requiredClaims: [],
  })
  const answer = async (request: IncomingMessage): Promise<Reply> => {
    const claims = await check(request.headers.authorization)
    if (claims === null) return fault(401, 'AuthenticationFailed', 'Authentication failed.')
    if (!options.readers.includes(claims.oid)) return fault(403, 'AuthorizationFailed', 'The client does not have it.')
    return read(options, request)
  }
  return listenHttps(options.certificate, (request, response) => {
    answer(request).then(
      (reply) => write(response, reply),
      () => write(response, fault(500, 'InternalServerError', 'Something went wrong.')),
    )
  })
}

function read({ accountId, policies }: ResourceManagerOptions, request: IncomingMessage): Reply {
  const url = new URL(request.url ?? '/', 'https://management.azure.com')
  const found =
    /^(\/subscriptions\/.+)\/blobServices\/default\/containers\/([a-z0-9-]+)\/immutabilityPolicies\/default$/i.exec(
      url.pathname,
    )
  const [, account = '', container = ''] = found ?? []
  if (request.method !== 'GET' || account.toLowerCase() !== accountId.toLowerCase()) {
    return fault(404, 'ResourceNotFound', 'The Resource was not found.')
  }
  if ((url.searchParams.get('api-version') ?? '') < '2023-05-01') {
    return fault(400, 'InvalidApiVersionParameter', 'The api-version is not valid.')
  }
  if (!Object.hasOwn(policies, container)) {
    return fault(404, 'ContainerNotFound', 'The specified container does not exist.')
  }
  return { status: 200, body: describe(url.pathname, policies[container] ?? null) }
}

/** A container without a policy has one of zero days that is not locked. */
function describe(id: string, policy: ContainerPolicy | null) {
  return {
    id,
    name: 'default',
    type: 'Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies',
    etag: '"8d59f81a7fa7be0"',
    properties: {
      immutabilityPeriodSinceCreationInDays: policy?.days ?? 0,
      state: policy?.state ?? 'Unlocked',
      ...(policy === null ? {} : { allowProtectedAppendWrites: policy.allowProtectedAppendWrites }),
    },
  }
}

function write(response: ServerResponse, { status, body }: Reply): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' })
  response.end(JSON.stringify(body))
}
