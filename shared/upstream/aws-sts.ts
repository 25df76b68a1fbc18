import type { AwsCredentials, AwsSession, SignAws } from './aws-credentials.ts'
import type { ParseXml } from './rest-answer.ts'
import { requestToken, type TokenWire, unavailable } from './token-answer.ts'
import type { XmlElement } from './xml-shape.ts'

/** What requests to AWS's Security Token Service need from outside. */
export interface StsParts extends TokenWire {
  readonly parseXml: ParseXml
  readonly sign: SignAws
}

/** One action of STS (Query API, version 2011-06-15). `session` signs it; one action there is needs none. */
export interface StsAction {
  readonly url: string
  readonly parameters: Readonly<Record<string, string>>
  readonly session: AwsSession | null
  readonly signal: AbortSignal
}

/** Performs an action and gives its `<Action>Result` element. Throws Problem as `TokenService` says. */
export async function askSts(action: StsAction, parts: StsParts): Promise<XmlElement> {
  const { url, parameters, session, signal } = action
  const body = new URLSearchParams({ Version: '2011-06-15', ...parameters }).toString()
  const target = new URL('/', url).href
  const plain = { accept: 'application/xml', 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' }
  const request = { url: target, method: 'POST', headers: plain, body }
  const signed = session === null ? plain : Object.fromEntries(await parts.sign(request, session))
  const text = await requestToken({ url: target, headers: signed, body, signal }, parts)
  const result = await read(text, parts)
  return childOf(result, `${parameters.Action}Result`)
}

async function read(text: string, { parseXml }: StsParts): Promise<XmlElement> {
  try {
    return await parseXml(text)
  } catch {
    throw unavailable('token_service_answer', 5)
  }
}

/** The temporary credentials in a result. */
export function credentialsIn(result: XmlElement): AwsCredentials {
  const found = childOf(result, 'Credentials')
  const expiresAt = Date.parse(childText(found, 'Expiration'))
  if (!Number.isFinite(expiresAt)) throw unavailable('token_service_without_token', 5)
  return {
    accessKeyId: childText(found, 'AccessKeyId'),
    secretAccessKey: childText(found, 'SecretAccessKey'),
    sessionToken: childText(found, 'SessionToken'),
    expiresAt,
  }
}

/** The one child of that name; Problem `exchange_unavailable` without it. */
export function childOf(element: XmlElement, name: string): XmlElement {
  const [found, ...others] = element.children.filter((child) => child.name === name)
  if (found === undefined || others.length > 0) throw unavailable('token_service_without_token', 5)
  return found
}

/** Its text, which must not be empty. */
export function childText(element: XmlElement, name: string): string {
  const { text } = childOf(element, name)
  if (text === '') throw unavailable('token_service_without_token', 5)
  return text
}
