/** Where a link of a backend's may lead. */
export interface LinkRule {
  readonly base: URL
  /** The request whose answer holds it: what a relative link starts from, and the path that it has to have. */
  readonly from: URL
  /** Any path under the base will do. */
  readonly underBase: boolean
}

const longest = 8000

/**
 * A link of a backend's answer as a URL that the person's token may be sent to; null for any other: scheme, host and
 * port of the base, and the request's own path, or one under the base's. Judged as it is written, too, since a server
 * may read dots and slashes otherwise than a URL parser does.
 */
export function checkLink(text: string, rule: LinkRule): URL | null {
  if (text.length > longest || !/^[\x21-\x7e]+$/.test(text) || /[\\#"<>^`{|}]/.test(text)) return null
  if (!isPlainPath(text) || !URL.canParse(text, rule.from.href)) return null
  const url = new URL(text, rule.from.href)
  if (url.origin !== rule.base.origin || url.username !== '' || url.password !== '') return null
  return isPathAllowed(url, rule) ? url : null
}

/** No authority but that of an absolute https or http link, without user; no dot segments, empty ones or encoded slashes. */
function isPlainPath(text: string): boolean {
  const [before = ''] = text.split('?')
  const absolute = /^https?:\/\/([^/@]+)(\/.*)?$/i.exec(before)
  const path = absolute === null ? before : (absolute[2] ?? '')
  if (/^[a-z][a-z0-9+.-]*:/i.test(path) || path.includes('//')) return false
  if (/%(?:2f|5c|0[0-9a-f]|25(?:2e|2f|5c))/i.test(path)) return false
  return !/(?:^|\/)(?:\.|%2e){1,2}(?:\/|$)/i.test(path)
}

function isPathAllowed(url: URL, { base, from, underBase }: LinkRule): boolean {
  const path = plain(url.pathname)
  if (path === null) return false
  const folder = base.pathname.replace(/\/+$/, '')
  return underBase ? path.startsWith(`${plain(folder)}/`) : path === plain(from.pathname)
}

/** Some services write their links with other letters in large, or encode less: it is the same path. */
function plain(path: string): string | null {
  try {
    return decodeURIComponent(path).toLowerCase()
  } catch {
    return null
  }
}
