import { personas } from '../personas.ts'
import type { StackFile } from '../stack/local-folder.ts'

/** Tokens of the person who asks: one for the gateway, one for Graph; and where these two are. */
export interface SignedIn {
  readonly person: string
  readonly gatewayToken: string
  readonly graphToken: string
  readonly gateway: string
  readonly graph: string
}

const graphAudience = 'https://graph.microsoft.com'

/** alice, at the sign-in stand-in of the running stack, which answers for Graph too; and dave, who audits. */
export async function signInLocally({
  entra,
  gateway,
}: StackFile): Promise<SignedIn & { readonly auditorToken: string }> {
  const ask = async (order: object) => {
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(`${entra}/dev/token`, { method: 'POST', headers, body: JSON.stringify(order) })
    return ((await response.json()) as { readonly token: string }).token
  }
  const [gatewayToken, auditorToken, graphToken] = await Promise.all([
    ask({ persona: 'alice' }),
    ask({ persona: 'dave' }),
    ask({ persona: 'alice', aud: graphAudience, version: 1, scope: 'Application.Read.All' }),
  ])
  return { person: personas.alice.oid, gatewayToken, auditorToken, graphToken, gateway, graph: entra }
}
