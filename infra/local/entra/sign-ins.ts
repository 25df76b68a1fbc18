/** What Entra would log of the tokens that it issues to people, for the stand-in of the log service. */
import { randomUUID } from 'node:crypto'
import { type EntraContext, secondsOf } from './context.ts'
import type { Json } from './jws.ts'

/** One sign-in: with a person at the screen, or on behalf of one. */
export interface SignIn {
  readonly id: string
  /** ISO 8601 UTC. */
  readonly time: string
  readonly isInteractive: boolean
  readonly appId: string
  readonly userId: string
  /** Application id of the API that the token is for. */
  readonly resource: string
  readonly correlationId: string
}

const most = 10_000

/** Microsoft's own registrations behind audiences that are written as an address. */
const registrations: Readonly<Record<string, string>> = {
  'https://ossrdbms-aad.database.windows.net': '123cd850-d9df-40bd-94d5-c9f07b7fa203',
  'https://storage.azure.com': 'e406a681-f3d4-42a8-90b6-c2b029497af1',
  'https://graph.microsoft.com': '00000003-0000-0000-c000-000000000000',
}

/** Remembers a token that was issued to or for a person; an application's own are none. */
export function noteSignIn(context: EntraContext, claims: Json, how: { correlationId?: string | null } = {}): void {
  if (claims.idtyp === 'app' || typeof claims.scp !== 'string') return
  const audience = String(claims.aud)
  context.signIns.push({
    id: randomUUID(),
    time: new Date(Math.max(context.now(), 1000 * secondsOf(context))).toISOString(),
    isInteractive: how.correlationId === undefined,
    appId: String(claims.azp ?? claims.appid),
    userId: String(claims.oid),
    resource: registrations[audience] ?? audience.replace(/^api:\/\//, ''),
    correlationId: how.correlationId ?? '',
  })
  if (context.signIns.length > most) context.signIns.shift()
}
