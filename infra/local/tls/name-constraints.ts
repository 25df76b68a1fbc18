/**
 * DER of an X.509 name constraints extension (RFC 5280, 4.2.1.10): only the hosts given are permitted. Written out by
 * hand because the certificate library has no class for this extension.
 */
import { isIPv4, isIPv6 } from 'node:net'

const permittedSubtrees = 0xa0
const excludedSubtrees = 0xa1
const dnsName = 0x82
const ipAddress = 0x87
const sequence = 0x30

function encodeLength(length: number): number[] {
  if (length < 0x80) return [length]
  return length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
}

const encode = (tag: number, content: readonly number[]): number[] => [tag, ...encodeLength(content.length), ...content]

/** The 16 bytes of an IPv6 address, by way of the URL parser, which writes it without embedded IPv4. */
function ipv6Bytes(address: string): number[] {
  const text = new URL(`http://[${address}]`).hostname.slice(1, -1)
  const [head = '', tail] = text.split('::')
  const groups = (part: string | undefined) => (part ? part.split(':') : [])
  const missing = 8 - groups(head).length - groups(tail).length
  const all = [...groups(head), ...Array<string>(missing).fill('0'), ...groups(tail)]
  return all.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff])
}

/** An address constraint is the address followed by its mask; a full mask permits that address alone. */
function addressConstraint(bytes: readonly number[]): number[] {
  return encode(ipAddress, [...bytes, ...bytes.map(() => 0xff)])
}

function constraint(host: string): number[] {
  if (isIPv4(host)) return addressConstraint(host.split('.').map(Number))
  if (isIPv6(host)) return addressConstraint(ipv6Bytes(host))
  return encode(dnsName, [...Buffer.from(host.replace(/^\*\./, ''), 'ascii')])
}

const isAddress = (host: string) => isIPv4(host) || isIPv6(host)

/** A kind of name with nothing permitted is not thereby forbidden: it has to be excluded as a whole. */
function excluded(hosts: readonly string[]): number[] {
  const addresses = [8, 32].flatMap((length) => encode(sequence, encode(ipAddress, Array<number>(length).fill(0))))
  const names = encode(sequence, encode(dnsName, []))
  return [...(hosts.some(isAddress) ? [] : addresses), ...(hosts.every(isAddress) ? names : [])]
}

/** The extension's value: `hosts` are permitted, everything else of either kind is not. */
export function nameConstraints(hosts: readonly string[]): ArrayBuffer {
  const permitted = encode(
    permittedSubtrees,
    hosts.flatMap((host) => encode(sequence, constraint(host))),
  )
  const outside = excluded(hosts)
  const der = encode(sequence, [...permitted, ...(outside.length > 0 ? encode(excludedSubtrees, outside) : [])])
  return Uint8Array.from(der).buffer
}
