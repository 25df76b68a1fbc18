/**
 * Azure Key Vault for the embedded stack, over TLS: secrets and EC keys that unmodified `@azure/keyvault-secrets` and
 * `@azure/keyvault-keys` accept with challenge verification on, since it answers under a name below its resource's.
 * It differs in that it is in memory, deletes at once, has no roles but `mayUse`, and takes planted faults at `/dev/fault`.
 */
import { createServer } from 'node:https'
import { type Faults, makeFaults, parseFault } from '../entra/faults.ts'
import { loginHost } from '../entra/issuers.ts'
import type { Entra } from '../entra/stand-in.ts'
import { close, type Endpoint, listen, parseObject, type Reply, type Request, serveEndpoints } from '../entra/wire.ts'
import { tenants } from '../personas.ts'
import type { Certificates } from '../tls/certificates.ts'
import { type Gate, guard } from './authorization.ts'
import { keyEndpoints, makeKey, type VaultKey } from './keys.ts'
import { type Secret, secretEndpoints } from './secrets.ts'
import { badParameter } from './vault-errors.ts'
import { makeStore, type StoreState } from './versioned-store.ts'

/** Secret: values and private keys. For keeping over a restart; JSON-serialisable. */
export interface VaultState {
  readonly secrets: StoreState<Secret>
  readonly keys: StoreState<VaultKey>
}

interface VaultOptions {
  readonly certificates: Certificates
  readonly entra: Pick<Entra, 'verifyAccessToken' | 'msi'>
  /** Ends with "." and the audience's host, or the SDK refuses the challenge. */
  readonly hostname: string
  readonly audience: string
  /** Whether the claims' principal has a role here for this request; the managed identity alone, for all, unless given. */
  readonly mayUse?: Gate['mayUse']
  /** Epoch milliseconds; the clock unless given. */
  readonly now?: () => number
  readonly state?: VaultState
}

export interface Vault {
  /** `https://{hostname}`, to be reached through the proxy on `port` of 127.0.0.1. */
  readonly url: string
  readonly port: number
  /** Sets a secret as an administrator would have; the new version's id. */
  seed(name: string, value: string): string
  /** Makes a key that signs where there is none of that name. */
  seedKey(name: string): void
  state(): VaultState
  stop(): Promise<void>
}

function plant(faults: Faults, request: Request): Reply {
  const fault = parseFault(parseObject(request.body), 'vault')
  if (fault?.target !== 'vault') return badParameter('Unknown kind or target.')
  faults.add(fault)
  return { status: 200, body: { planted: faults.count() } }
}

function clear(faults: Faults): Reply {
  faults.clear()
  return { status: 200, body: { planted: 0 } }
}

const devEndpoints = (faults: Faults): Endpoint[] => [
  { method: 'POST', pattern: /^\/dev\/fault$/, handle: (request) => plant(faults, request) },
  { method: 'DELETE', pattern: /^\/dev\/fault$/, handle: () => clear(faults) },
]

/** A name that no route takes is still asked for its token first, and then told what is wrong with it. */
const unknownPath: Endpoint[] = ['GET', 'PUT', 'POST', 'PATCH', 'DELETE'].map((method) => ({
  method,
  pattern: /^/,
  handle: () => badParameter('The request URI contains an invalid name.'),
}))

function makeGate(options: VaultOptions, faults: Faults): Gate {
  const { entra, audience } = options
  return {
    challenge: `Bearer authorization="${loginHost}/${tenants.home}", resource="${audience}"`,
    verify: (token) => entra.verifyAccessToken(token, { audience }),
    mayUse: options.mayUse ?? ((claims) => claims.oid === entra.msi.principalId),
    faults,
  }
}

/** Starts on a free port of 127.0.0.1, empty or as an earlier `state()` left it. */
export async function startVault(options: VaultOptions): Promise<Vault> {
  const url = `https://${options.hostname}`
  const now = () => Math.floor((options.now ?? Date.now)() / 1000)
  const secrets = makeStore<Secret>(now, options.state?.secrets)
  const keys = makeStore<VaultKey>(now, options.state?.keys)
  const faults = makeFaults()
  const gate = makeGate(options, faults)
  const governed = [...secretEndpoints(secrets, url), ...keyEndpoints(keys, url, now), ...unknownPath]
  const endpoints = [...devEndpoints(faults), ...governed.map((endpoint) => guard(gate, endpoint))]
  const { cert, key } = options.certificates
  const server = createServer({ cert, key }, serveEndpoints(endpoints))
  const port = await listen(server)
  return {
    url,
    port,
    seed(name, value) {
      const added = secrets.add(name, { value }, {})
      if (!added) throw new Error('the name is soft-deleted')
      return `${url}/secrets/${name}/${added.version}`
    },
    seedKey(name) {
      if (!keys.get(name, '')) keys.add(name, makeKey(['sign', 'verify']), {})
    },
    state: () => ({ secrets: secrets.state(), keys: keys.state() }),
    stop: () => close(server),
  }
}
