/** Why a base URL is refused; a closed list, safe to log (it names no host). */
export type BaseUrlFault = 'not_a_url' | 'scheme' | 'credentials' | 'query' | 'private_address' | 'host_not_allowed'

/**
 * Judges where a deployment points a backend at: https, no credentials, no query, a host under one of the suffixes (an
 * empty list allows whichever host the setting names), no private, link-local or metadata address. With `development`
 * loopback is allowed, also without TLS. Null = allowed. Only the text is judged: a public name that resolves to a
 * private address (DNS rebinding) has to be stopped by the network.
 */
export function checkBaseUrl(url: string, suffixes: readonly string[], development: boolean): BaseUrlFault | null {
  const parsed = parseUrl(url)
  if (parsed === null) return 'not_a_url'
  if (parsed.username !== '' || parsed.password !== '') return 'credentials'
  if (parsed.search !== '' || parsed.hash !== '' || /[?#]/.test(url)) return 'query'
  if (development && isLoopback(parsed.hostname)) return /^https?:$/.test(parsed.protocol) ? null : 'scheme'
  if (parsed.protocol !== 'https:') return 'scheme'
  return checkHost(parsed.hostname, suffixes, development)
}

/** The same judgement for a bare host name or address, as databases are configured. */
export function checkHost(host: string, suffixes: readonly string[], development: boolean): BaseUrlFault | null {
  const name = host.toLowerCase().replace(/^\[|\]$/g, '')
  if (name === '' || name.endsWith('.') || /[\s/\\@]/.test(name)) return 'not_a_url'
  if (development && isLoopback(name)) return null
  if (isLoopback(name) || isPrivate(name)) return 'private_address'
  return suffixes.length === 0 || suffixes.some((suffix) => isUnder(name, suffix)) ? null : 'host_not_allowed'
}

function parseUrl(url: string): URL | null {
  return URL.canParse(url) ? new URL(url) : null
}

function isUnder(host: string, suffix: string): boolean {
  const bare = suffix.toLowerCase().replace(/^\./, '')
  return bare !== '' && (host === bare || host.endsWith(`.${bare}`))
}

function isLoopback(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '')
  return name === 'localhost' || name.endsWith('.localhost') || /^127(\.\d{1,3}){3}$/.test(name) || name === '::1'
}

/** Ranges that are nobody's public service: RFC 6890, carrier NAT, multicast, and Azure's own host agent. */
const privateRanges: readonly (readonly [address: string, bits: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['168.63.129.16', 32],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
]

function isPrivate(name: string): boolean {
  // Every IPv6 literal is refused: allow-listed services are named, and embedded IPv4 forms are too many to list.
  if (name.includes(':')) return true
  if (name === 'metadata.google.internal') return true
  const address = toNumber(name)
  // A last label of digits makes resolvers read the name as an address, in octal or short forms too.
  if (address === null) return /(^|\.)(\d+|0x[0-9a-f]*)$/.test(name)
  return privateRanges.some(([start, bits]) => (toNumber(start) ?? 0) >>> (32 - bits) === address >>> (32 - bits))
}

function toNumber(text: string): number | null {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1).map(Number)
  if (parts === undefined || parts.some((part) => part > 255)) return null
  return parts.reduce((sum, part) => sum * 256 + part, 0)
}
