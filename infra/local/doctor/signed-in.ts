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

const graphs = {
  public: 'https://graph.microsoft.com',
  usgov: 'https://graph.microsoft.us',
  china: 'https://microsoftgraph.chinacloudapi.cn',
} as const

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
    ask({ persona: 'alice', aud: graphs.public, version: 1, scope: 'Application.Read.All' }),
  ])
  return { person: personas.alice.oid, gatewayToken, auditorToken, graphToken, gateway, graph: entra }
}

/**
 * Whoever runs the doctor against a deployment brings two tokens of their own (`az account get-access-token` makes
 * them): DOCTOR_TOKEN for the gateway, DOCTOR_GRAPH_TOKEN for Graph. Throws where one is missing.
 */
export function signInByTokens(
  environment: Readonly<Record<string, string | undefined>>,
  { url, cloud }: { readonly url: string; readonly cloud: keyof typeof graphs },
): SignedIn {
  const { DOCTOR_TOKEN: gatewayToken = '', DOCTOR_GRAPH_TOKEN: graphToken = '' } = environment
  if (gatewayToken === '' || graphToken === '')
    throw new Error('DOCTOR_TOKEN and DOCTOR_GRAPH_TOKEN have to be set: see docs/adding-a-backend.md')
  return {
    person: personOf(graphToken),
    gatewayToken,
    graphToken,
    gateway: url.replace(/\/+$/, ''),
    graph: graphs[cloud],
  }
}

/** Only to tell whose consents count: whoever checks the token is Graph. */
function personOf(token: string): string {
  const claims = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')
  try {
    return String((JSON.parse(claims) as { readonly oid?: string }).oid ?? '')
  } catch {
    return ''
  }
}
