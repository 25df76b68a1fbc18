/**
 * Writes and checks SAML assertions as Entra issues them (XML signature, enveloped, RSA-SHA256). It differs from a real
 * checker in canonical form: it signs and checks its own bytes, which are canonical as they are written.
 */
import { createHash, createSign, createVerify } from 'node:crypto'
import { type Person, people, tid } from './foreign-people.ts'
import { rsaPair } from './rsa-pair.ts'

export interface AssertionParts {
  readonly audience: string
  readonly recipient: string
  readonly expires: number
  readonly key?: string
  readonly tenant?: string
}

const claims = 'http://schemas.microsoft.com/identity/claims'
const dsig = 'http://www.w3.org/2000/09/xmldsig#'

function bodyOf(person: Person, { audience, recipient, expires, tenant = tid }: AssertionParts): string {
  const end = new Date(expires).toISOString()
  const attribute = (name: string, value: string) =>
    `<Attribute Name="${claims}/${name}"><AttributeValue>${value}</AttributeValue></Attribute>`
  return [
    '<Assertion xmlns="urn:oasis:names:tc:SAML:2.0:assertion" ID="_1" Version="2.0">',
    `<Issuer>https://sts.windows.net/${tid}/</Issuer>`,
    `<Subject><NameID>${person.upn}</NameID><SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">`,
    `<SubjectConfirmationData NotOnOrAfter="${end}" Recipient="${recipient}"></SubjectConfirmationData></SubjectConfirmation></Subject>`,
    `<Conditions NotBefore="2026-01-01T00:00:00.000Z" NotOnOrAfter="${end}"><AudienceRestriction><Audience>${audience}</Audience></AudienceRestriction></Conditions>`,
    `<AttributeStatement>${attribute('tenantid', tenant)}${attribute('objectidentifier', person.oid)}</AttributeStatement>`,
    '</Assertion>',
  ].join('')
}

function signedInfo(body: string): string {
  const digest = createHash('sha256').update(body).digest('base64')
  return `<SignedInfo xmlns="${dsig}"><Reference URI="#_1"><DigestValue>${digest}</DigestValue></Reference></SignedInfo>`
}

/** An assertion about that person in base64url, as the token endpoint gives it. */
export function makeAssertion(person: Person, parts: AssertionParts): string {
  const body = bodyOf(person, parts)
  const info = signedInfo(body)
  const value = createSign('sha256')
    .update(info)
    .sign(rsaPair(parts.key ?? 'entra').privateKey)
    .toString('base64')
  const signature = `<Signature xmlns="${dsig}">${info}<SignatureValue>${value}</SignatureValue></Signature>`
  return Buffer.from(body.replace('</Issuer>', `</Issuer>${signature}`)).toString('base64url')
}

/** The person of an assertion for that audience and recipient whose signature holds at that time, or undefined. */
export function personAsserted(
  encoded: string,
  wanted: Omit<AssertionParts, 'expires'>,
  now: number,
): Person | undefined {
  const xml = Buffer.from(encoded, 'base64url').toString()
  const [signature = ''] = /<Signature .*<\/Signature>/.exec(xml) ?? []
  const body = xml.replace(signature, '')
  const [info = ''] = /<SignedInfo .*<\/SignedInfo>/.exec(signature) ?? []
  const value = Buffer.from(/<SignatureValue>(.*)<\/SignatureValue>/.exec(signature)?.[1] ?? '', 'base64')
  const isSigned = createVerify('sha256').update(info).verify(rsaPair('entra').publicKey, value)
  if (!isSigned || info !== signedInfo(body)) return undefined
  const person = people.find(({ upn }) => body.includes(`<NameID>${upn}</NameID>`))
  const expires = Date.parse(/ NotOnOrAfter="([^"]+)"/.exec(body)?.[1] ?? '')
  return person !== undefined && expires > now && body === bodyOf(person, { ...wanted, expires }) ? person : undefined
}
