/** Temporary credentials of AWS; `expiresAt` in epoch milliseconds. */
export interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
  readonly expiresAt: number
}

/** What requests are signed with, for which service and where. */
export interface AwsSession extends AwsCredentials {
  readonly service: string
  readonly region: string
}

/** A request as it will be sent, to be signed by Signature Version 4. */
export interface AwsRequest {
  readonly url: string
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array<ArrayBuffer> | null
}

/** Gives all headers of the signed request. */
export type SignAws = (request: AwsRequest, session: AwsSession) => Promise<Headers>

const members = ['accessKeyId', 'secretAccessKey', 'sessionToken', 'service', 'region'] as const

/** Credentials as the value of an exchanged token. It never leaves this process: `createAwsFetch` signs with it instead. */
export function packSession(session: AwsSession): string {
  return Buffer.from(JSON.stringify(session)).toString('base64url')
}

/** The session that `packSession` packed; throws TypeError for anything else. */
export function openSession(value: string): AwsSession {
  const parsed: unknown = JSON.parse(Buffer.from(value, 'base64url').toString())
  const found = parsed as Readonly<Record<string, unknown>> | null
  if (members.some((name) => typeof found?.[name] !== 'string')) throw new TypeError('no session')
  return parsed as AwsSession
}
