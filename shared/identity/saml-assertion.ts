/** Whom a SAML assertion of Entra's is about, and until when it holds (epoch milliseconds). */
export interface AssertedPerson {
  readonly tid: string
  readonly oid: string
  readonly expiresAt: number
}

const claims = 'http://schemas.microsoft.com/identity/claims'
const guid = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'

/**
 * Reads an assertion that Entra just gave us over TLS, in base64url as the token endpoint sends it: object and tenant id
 * from its attributes, each of which has to be there once. The foreign system checks the signature; here only that the
 * right person's came back. Null for anything else, markup that could hide elements included.
 */
export function readAssertion(encoded: string): AssertedPerson | null {
  if (!/^[A-Za-z0-9_-]{100,200000}={0,2}$/.test(encoded)) return null
  const xml = Buffer.from(encoded, 'base64url').toString('utf8')
  if (/<[!?]/.test(xml)) return null
  const oid = attributeIn(xml, 'objectidentifier')
  const tid = attributeIn(xml, 'tenantid')
  const [, end = ''] = only(xml, /<(?:\w+:)?Conditions\b[^<>]*\sNotOnOrAfter="([^"<>]{1,40})"/g) ?? []
  const expiresAt = Date.parse(end)
  return oid === null || tid === null || !Number.isFinite(expiresAt) ? null : { tid, oid, expiresAt }
}

function attributeIn(xml: string, name: string): string | null {
  const opening = `<(?:\\w+:)?Attribute\\s[^<>]*?Name="${claims.replaceAll('.', '\\.')}/${name}"[^<>]*>`
  const value = `\\s*<(?:\\w+:)?AttributeValue(?:\\s[^<>]*)?>(${guid})</(?:\\w+:)?AttributeValue>\\s*</`
  const opened = [...xml.matchAll(new RegExp(opening, 'g'))].length
  const found = only(xml, new RegExp(opening + value, 'gi'))
  return opened === 1 && found !== null ? (found[1] ?? '').toLowerCase() : null
}

function only(text: string, pattern: RegExp): RegExpExecArray | null {
  const [found, ...others] = [...text.matchAll(pattern)]
  return found === undefined || others.length > 0 ? null : found
}
