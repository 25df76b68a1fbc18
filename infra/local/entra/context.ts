/** What every endpoint of the token stand-in shares. */
import type { Persona } from '../personas.ts'
import type { Faults } from './faults.ts'
import type { Json } from './jws.ts'
import type { Resource } from './resources.ts'
import type { SignIn } from './sign-ins.ts'
import type { KeyRing } from './signing-keys.ts'
import type { Certify } from './ssh-certificates.ts'

/** A user-assigned managed identity. */
export interface Identity {
  readonly clientId: string
  readonly principalId: string
}

/** Where an app asks for tokens of its identities; `header` is its secret for X-IDENTITY-HEADER. */
export interface IdentityEndpoint {
  readonly endpoint: string
  readonly header: string
}

/** The gateway's endpoint and its one identity. */
export interface ManagedIdentity extends IdentityEndpoint, Identity {}

/** What a code stands for, until then (seconds). */
export interface PendingCode {
  readonly persona: Persona
  readonly asked: URLSearchParams
  readonly until: number
}

export interface EntraContext {
  readonly ring: KeyRing
  /** Epoch milliseconds. */
  readonly now: () => number
  readonly resources: readonly Resource[]
  /** Client secrets by application id; an application without one has only its federated credential. */
  readonly clientSecrets: Readonly<Record<string, string>>
  readonly faults: Faults
  readonly msi: ManagedIdentity
  /** The evidence app's. */
  readonly evidenceMsi: IdentityEndpoint
  /** Claims challenges that a sign-in has met, by token id: Entra keeps this with the session, not in the token. */
  readonly satisfied: Map<string, Json | true>
  /** Codes of sign-ins in a browser; each is good for one exchange. */
  readonly codes: Map<string, PendingCode>
  /** The latest, for the log. */
  readonly signIns: SignIn[]
  /** Absent: no SSH certificates are issued. */
  readonly certify?: Certify
}

const rememberedSignIns = 10_000

export function rememberSatisfied(context: EntraContext, tokenId: string, met: Json | true): void {
  const [oldest] = context.satisfied.keys()
  if (context.satisfied.size >= rememberedSignIns && oldest !== undefined) context.satisfied.delete(oldest)
  context.satisfied.set(tokenId, met)
}

export const secondsOf = (context: EntraContext) => Math.floor(context.now() / 1000)
