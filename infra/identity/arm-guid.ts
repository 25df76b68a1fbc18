import { createHash } from 'node:crypto'

/** Namespace of Azure Resource Manager's template function `guid`. */
const namespace = Buffer.from('11fb06fb712d4ddd98c7e71bbd588830', 'hex')

/** What Bicep's `guid(...)` makes of these: RFC 9562 version 5 of the parts joined by hyphens. */
export function makeGuid(...parts: readonly string[]): string {
  const bytes = createHash('sha1').update(namespace).update(parts.join('-')).digest().subarray(0, 16)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
