/** Key Vault's error bodies: `{error: {code, message, innererror?}}`, with the service's own codes. */
import type { Reply } from '../entra/wire.ts'

function reply(status: number, code: string, detail: { message: string; inner?: string }): Reply {
  const innererror = detail.inner === undefined ? {} : { innererror: { code: detail.inner } }
  return { status, body: { error: { code, message: detail.message, ...innererror } } }
}

export const badParameter = (message: string) => reply(400, 'BadParameter', { message })

export const forbidden = (message: string, inner: string) => reply(403, 'Forbidden', { message, inner })

export const conflict = (message: string, inner: string) => reply(409, 'Conflict', { message, inner })

export const notFound = (code: 'SecretNotFound' | 'KeyNotFound', message: string) => reply(404, code, { message })

export const throttled = {
  error: { code: 'Throttled', message: 'Request was not processed because too many requests.' },
}

export const unavailable = { error: { code: 'ServiceUnavailable', message: 'The service is unavailable.' } }

/** 401 with the challenge that the SDK reads tenant and resource from. */
export function unauthorized(message: string, challenge: string): Reply {
  return { ...reply(401, 'Unauthorized', { message }), headers: { 'www-authenticate': challenge } }
}
