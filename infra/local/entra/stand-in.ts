/**
 * Microsoft Entra ID and the managed-identity endpoint for the embedded stack. Tokens, issuers, key sets and error
 * bodies are as Entra's, so that unmodified MSAL and jose accept them. It differs in that it speaks plain HTTP on
 * loopback (clients rewrite the host), has a fixed directory (personas) whose people prove nothing, and endpoints under `/dev`.
 */
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { type Persona, type PersonaName, personas } from '../personas.ts'
import type { EntraContext, Identity, IdentityEndpoint, ManagedIdentity } from './context.ts'
import { devEndpoints } from './dev-endpoints.ts'
import { directoryEndpoints } from './directory.ts'
import { discoveryEndpoints, keySet } from './discovery.ts'
import { makeFaults } from './faults.ts'
import { graphEndpoints } from './graph.ts'
import type { Json } from './jws.ts'
import { identities, managedIdentityEndpoints } from './managed-identity.ts'
import { type MintedToken, type MintOverrides, mintToken } from './mint.ts'
import { type Resource, standardResources } from './resources.ts'
import { signInEndpoints } from './sign-in-page.ts'
import type { SignIn } from './sign-ins.ts'
import { type KeyRing, type KeyRingState, keyRingState, makeKeyRing } from './signing-keys.ts'
import type { Certify } from './ssh-certificates.ts'
import { checkToken } from './token-check.ts'
import { tokenEndpoints } from './token-endpoint.ts'
import { close, listen, serveEndpoints } from './wire.ts'

/** Secret: private keys. For keeping over a restart; JSON-serialisable. */
export interface EntraState {
  readonly keys: KeyRingState
  readonly identityHeader: string
  readonly evidenceHeader?: string
}

interface EntraOptions {
  /** 0 or absent: any free port. */
  readonly port?: number
  /** Added to the standard resources, first match by id. */
  readonly resources?: readonly Resource[]
  /** Client secrets by application id; none unless given. */
  readonly clientSecrets?: Readonly<Record<string, string>>
  /** Epoch milliseconds; the clock unless given. */
  readonly now?: () => number
  readonly state?: EntraState
  /** Signs SSH certificates; none are issued without it. */
  readonly certify?: Certify
}

export interface Entra {
  /** `http://127.0.0.1:PORT`, standing for login.microsoftonline.com and graph.microsoft.com. */
  readonly url: string
  readonly msi: ManagedIdentity
  /** The evidence app's endpoint, which answers for the sealer and the verifier. */
  readonly evidenceMsi: IdentityEndpoint
  readonly identities: Readonly<Record<'gateway' | 'sealer' | 'verifier', Identity>>
  jwksFor(tid: string): { keys: Json[] }
  mint(persona: PersonaName | Persona, overrides?: MintOverrides): MintedToken
  /** Claims of a token whose signature, issuer, times and audience hold; rejects otherwise. */
  verifyAccessToken(token: string, options: { audience: string | readonly string[] }): Promise<Json>
  /** Tokens issued to or for people, the latest last. */
  signIns(): readonly SignIn[]
  state(): EntraState
  stop(): Promise<void>
}

type Endpoints = Pick<EntraContext, 'msi' | 'evidenceMsi'>

function makeContext(options: EntraOptions, ring: KeyRing, endpoints: Endpoints): EntraContext {
  return {
    ring,
    ...endpoints,
    now: options.now ?? Date.now,
    resources: [...(options.resources ?? []), ...standardResources],
    clientSecrets: options.clientSecrets ?? {},
    faults: makeFaults(),
    satisfied: new Map(),
    codes: new Map(),
    signIns: [],
    ...(options.certify === undefined ? {} : { certify: options.certify }),
  }
}

const endpointsOf = (context: EntraContext) => [
  ...tokenEndpoints(context),
  ...signInEndpoints(context),
  ...discoveryEndpoints(context),
  ...managedIdentityEndpoints(context),
  ...graphEndpoints(context),
  ...directoryEndpoints(context),
  ...devEndpoints(context),
]

function tokenCheck(context: EntraContext): Entra['verifyAccessToken'] {
  return async (token, { audience }) => {
    const result = checkToken(context.ring, token, { audience, now: context.now() })
    if ('fault' in result) throw new Error(`token refused: ${result.fault}`)
    return result.claims
  }
}

/** Starts on 127.0.0.1 with new keys, or with those of an earlier `state()`. */
export async function startEntra(options: EntraOptions = {}): Promise<Entra> {
  const ring = await makeKeyRing(options.state?.keys)
  const header = options.state?.identityHeader ?? randomBytes(32).toString('base64url')
  const evidenceHeader = options.state?.evidenceHeader ?? randomBytes(32).toString('base64url')
  const server = createServer()
  const port = await listen(server, options.port)
  const url = `http://127.0.0.1:${port}`
  const endpoint = `${url}/msi/token`
  const msi = { ...identities.gateway, header, endpoint }
  const context = makeContext(options, ring, { msi, evidenceMsi: { endpoint, header: evidenceHeader } })
  server.on('request', serveEndpoints(endpointsOf(context)))
  return {
    url,
    msi,
    evidenceMsi: context.evidenceMsi,
    identities,
    jwksFor: (tid) => keySet(ring, tid),
    mint: (persona, overrides) =>
      mintToken(context, typeof persona === 'string' ? personas[persona] : persona, overrides),
    verifyAccessToken: tokenCheck(context),
    signIns: () => context.signIns,
    state: () => ({ keys: keyRingState(ring), identityHeader: header, evidenceHeader }),
    stop: () => close(server),
  }
}
