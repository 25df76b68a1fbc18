import { issuersOf, makeBearerCheck, type TokenRules } from '../entra/bearer-check.ts'

/** Which of Microsoft's APIs one part of the server is; each takes tokens of its own audience and no other's. */
export const audiences = {
  fabric: 'https://api.fabric.microsoft.com',
  powerbi: 'https://analysis.windows.net/powerbi/api',
  onelake: 'https://storage.azure.com',
  synapse: 'https://dev.azuresynapse.net',
} as const

export type Api = keyof typeof audiences

/** Makes the check of each API. Resolves with the object id of the person, or null for what does not hold. */
export function makeTokenChecks(rules: TokenRules) {
  const checkOf = (audience: string) =>
    makeBearerCheck(rules, {
      audience: [audience, `${audience}/`],
      issuer: issuersOf(rules.tenant),
      requiredClaims: ['scp'],
    })
  const checks = new Map(Object.entries(audiences).map(([api, audience]) => [api, checkOf(audience)]))
  return async (api: Api, authorization: string | undefined): Promise<string | null> =>
    (await checks.get(api)?.(authorization))?.oid ?? null
}
