/** What a vault asks a token for. */
export interface VaultChallenge {
  readonly scope: string
  readonly tenantId?: string
}

/**
 * Reads a vault's answer to a request without a token (`WWW-Authenticate: Bearer authorization="https://…/<tenant>",
 * resource="https://vault.azure.net"`), so that each cloud names its own. Throws Error where the vault at `url` is not
 * below that resource: whoever stands there instead would be handed a token for others' vaults
 * (https://aka.ms/azsdk/blog/vault-uri).
 */
export function readVaultChallenge(header: string, url: string): VaultChallenge {
  const given = new Map([...header.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]))
  const resource = given.get('resource')
  const scope = resource === undefined ? given.get('scope') : `${resource}/.default`
  if (scope === undefined || !/^https:\/\/[^/]/.test(scope)) throw new Error('the vault names no resource')
  if (!hostOf(url).endsWith(`.${hostOf(scope)}`)) throw new Error("the vault names another's resource")
  const tenantId = /^https:\/\/[^/]+\/([^/?#]+)/.exec(given.get('authorization') ?? '')?.[1]
  return { scope, ...(tenantId === undefined ? {} : { tenantId }) }
}

const hostOf = (url: string) => new URL(url).hostname
