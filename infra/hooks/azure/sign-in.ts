import { AzureCliCredential, AzureDeveloperCliCredential, type TokenCredential } from '@azure/identity'
import { makeFault } from './fault.ts'

/** Tokens of the person, or the pipeline's identity, that deploys. */
export interface SignIn {
  /** Rejects with a fault that says why there is none. */
  readonly token: (scope: string) => Promise<string>
}

/** What is looked at in a token of one's own; the service that it is for is the one that checks it. */
export type Claims = Readonly<Record<string, unknown>>

const toolMs = 30_000

/**
 * Whoever is signed in to azd, or else to az. No tool is asked twice for one scope, and a failed sign-in is told without
 * the tool's own text, which may quote what it was given.
 */
export function openSignIn(tenant: string | undefined): SignIn {
  const options = { processTimeoutInMs: toolMs, ...(tenant === undefined || tenant === '' ? {} : { tenantId: tenant }) }
  const tools = [new AzureDeveloperCliCredential(options), new AzureCliCredential(options)]
  const asked = new Map<string, Promise<string>>()
  return {
    token: (scope) => {
      const token = asked.get(scope) ?? askTools(tools, scope)
      asked.set(scope, token)
      return token
    },
  }
}

async function askTools(tools: readonly TokenCredential[], scope: string): Promise<string> {
  const said: string[] = []
  for (const tool of tools) {
    try {
      const answer = await tool.getToken(scope)
      if (answer !== null) return answer.token
    } catch (error) {
      said.push(error instanceof Error ? error.message : String(error))
    }
  }
  throw explain(said)
}

function explain(said: readonly string[]): Error {
  const number = said.map((text) => /AADSTS\d{4,7}/.exec(text)?.[0]).find((found) => found !== undefined)
  if (number !== undefined) return makeFault('sign_in_refused', `Entra gave no token (${number})`)
  const isMissing = (text: string) => /could(?:n't| not) be found/i.test(text)
  if (said.every(isMissing)) return makeFault('sign_in_tool_missing', 'neither azd nor az is on the path')
  return makeFault('not_signed_in', 'nobody is signed in to azd, nor to az')
}

/** The claims of a token, unchecked; none where it cannot be read. */
export function readClaims(token: string): Claims {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'))
    return typeof claims === 'object' && claims !== null ? (claims as Claims) : {}
  } catch {
    return {}
  }
}

/** A claim that is text; empty where it is none. */
export function claimText(claims: Claims, name: string): string {
  const value = claims[name]
  return typeof value === 'string' ? value : ''
}
