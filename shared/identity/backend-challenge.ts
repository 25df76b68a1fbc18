import { maxClaimsBytes, readClaimsRequest } from './claims-request.ts'

interface Found {
  readonly scheme: string
  readonly parameters: ReadonlyMap<string, string>
}

const longestHeader = 32 * 1024
const token = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+"
const parameterPattern = new RegExp(`[\\s,]*(${token})\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s",]+))`, 'y')
const schemePattern = new RegExp(`[\\s,]*(${token})(?=\\s|,|$)`, 'y')

function readParameters(header: string, start: number): { parameters: Map<string, string>; end: number } {
  const parameters = new Map<string, string>()
  let end = start
  parameterPattern.lastIndex = start
  for (let hit = parameterPattern.exec(header); hit !== null; hit = parameterPattern.exec(header)) {
    const [, name = '', quoted, bare = ''] = hit
    const key = name.toLowerCase()
    // Of two equal names the first counts, so that nothing can be appended to a challenge.
    if (!parameters.has(key)) parameters.set(key, quoted === undefined ? bare : quoted.replaceAll(/\\(.)/g, '$1'))
    end = parameterPattern.lastIndex
  }
  return { parameters, end }
}

/** The challenges of a WWW-Authenticate value (RFC 9110 section 11.6.1): quoted strings may hold commas and padding. */
function readChallenges(header: string): readonly Found[] {
  const found: Found[] = []
  let at = 0
  while (at < header.length) {
    schemePattern.lastIndex = at
    const scheme = schemePattern.exec(header)?.[1]
    if (scheme === undefined) break
    const { parameters, end } = readParameters(header, schemePattern.lastIndex)
    found.push({ scheme: scheme.toLowerCase(), parameters })
    at = Math.max(end, schemePattern.lastIndex)
  }
  return found
}

function decodeClaims(encoded: string): string | undefined {
  if (encoded.length > (maxClaimsBytes * 4) / 3 + 4 || !/^[A-Za-z0-9+/_-]+={0,2}$/.test(encoded)) return undefined
  return readClaimsRequest(Buffer.from(encoded, 'base64').toString('utf8'))
}

/**
 * The claims that a backend's 401 asks for, as JSON text, or undefined where it asks for none that are sound. Nothing
 * else of the challenge is used: an `authorization_uri` of the backend's is never followed nor passed on.
 */
export function readBackendChallenge(header: string | null | undefined): string | undefined {
  if (!header || header.length > longestHeader) return undefined
  const asking = readChallenges(header).find(
    ({ scheme, parameters }) => scheme === 'bearer' && parameters.get('error') === 'insufficient_claims',
  )
  const claims = asking?.parameters.get('claims')
  return claims === undefined ? undefined : decodeClaims(claims)
}
