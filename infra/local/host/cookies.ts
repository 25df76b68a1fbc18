import type { CookieData } from './contract.ts'

const sameSiteNames = { lax: 'Lax', strict: 'Strict', explicitNone: 'None' } as const

function attribute(name: string, value: string | number | undefined): readonly string[] {
  return value === undefined ? [] : [`${name}=${value}`]
}

function readSameSite(cookie: CookieData): string | undefined {
  return cookie.sameSite === undefined || cookie.sameSite === 'none' ? undefined : sameSiteNames[cookie.sameSite]
}

/** One `Set-Cookie` value (RFC 6265) of a cookie that a handler returned. */
export function formatCookie(cookie: CookieData): string {
  const expires = cookie.expires?.value.seconds
  return [
    `${cookie.name}=${encodeURIComponent(cookie.value)}`,
    ...attribute('Max-Age', cookie.maxAge?.value),
    ...attribute('Domain', cookie.domain?.value),
    ...attribute('Path', cookie.path?.value),
    ...attribute('Expires', expires === undefined ? undefined : new Date(expires * 1000).toUTCString()),
    ...(cookie.httpOnly?.value === true ? ['HttpOnly'] : []),
    ...(cookie.secure?.value === true ? ['Secure'] : []),
    ...attribute('SameSite', readSameSite(cookie)),
  ].join('; ')
}
