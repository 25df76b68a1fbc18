import type { Json } from '../pipeline/ports.ts'

/** A string without what gives access, and the labels of what was taken out. */
export interface Cleaned {
  readonly text: string
  readonly labels: readonly string[]
}

/** Stands where a secret stood. */
export const removed = '[removed]'

const shortest = 12

// Every expression below is linear: no part can match the same text in two ways, and a failed attempt is not retried
// from each later position (the optional tail makes the match succeed and move on).
const hint =
  /ey[JA]|ew[o0]|sig=|:\/\/|key=|signature=|pwd=|password=|-----BEGIN|==|bearer |gh[opsur]_|github_pat_|xox[abeprs]-|sk-|AKIA|ASIA|AIza|dapi|npm_|glpat-|Q~/i
const webToken = /e(?:y[JA]|w[o0])[\w-]{8,}(\.[\w-]+(?:\.[\w-]*){1,4})?/g
const link = /\b(?:https?|wss?):\/\/[^\s"'<>]{1,8192}/gi
const grant =
  /[?&](?:(?:sig|signature|x-amz-signature|x-goog-signature|tempauth|access_token|subscription-key)=[^&#]|code=[^&#]{40})|#access_token=[^&]/i
const bareSignature = /\bsig=[\w%+/-]{30,}=*/gi
const named =
  /\b(?:(?:account|sharedaccess|access|primary|secondary)key|sharedaccesssignature|password|pwd)=[^;\s"'&]+/gi
/** Keys that say themselves whose they are: GitHub, GitLab, npm, Slack, AWS, Google, Databricks, OpenAI and Anthropic, Entra. */
const vendorKey =
  /(?<![A-Za-z0-9_-])(?:gh[opsur]_[A-Za-z0-9]{36,251}|github_pat_[A-Za-z0-9_]{60,90}|glpat-[\w-]{20,60}|npm_[A-Za-z0-9]{36}|xox[abeprs]-[A-Za-z0-9-]{10,200}|A[KS]IA[A-Z2-7]{16}|AIza[\w-]{35}|dapi[0-9a-f]{32}(?:-\d)?|sk-(?=[\w-]{0,40}\d)[\w-]{20,200}|[\w~.-]{3}[78]Q~[\w~.-]{31,34})(?![A-Za-z0-9_-])/g
const bearer = /\bbearer [\w.~+/-]{20,4096}=*/gi
/** User and password of an address. */
const userInfo = /(?<=:\/\/)[^\s/@:'"<>]{1,256}:[^\s/@'"<>]{1,256}(?=@)/g
const longKey = /(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{86}==/g
const privateKey = /-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----(?:[\s\S]*?-----END [A-Z ]{0,20}PRIVATE KEY-----|[\s\S]*)/g

/**
 * Takes JSON web tokens, signed links (SAS and its like), account keys, passwords of connection strings and private
 * keys out of a string. Links get the label `link.signed`, the others `secret`. Cost grows with length only.
 */
export function cleanText(text: string): Cleaned | null {
  if (text.length < shortest || !hint.test(text)) return null
  const labels = new Set<string>()
  const take = (label: string) => {
    labels.add(label)
    return removed
  }
  const cleaned = text
    .replace(privateKey, () => take('secret'))
    .replace(link, (url) => (grant.test(url) ? take('link.signed') : url))
    .replace(webToken, (found: string, tail?: string) => (tail === undefined ? found : take('secret')))
    .replace(named, () => take('secret'))
    .replace(bareSignature, () => take('secret'))
    .replace(longKey, () => take('secret'))
    .replace(vendorKey, () => take('secret'))
    .replace(userInfo, () => take('secret'))
    .replace(bearer, () => take('secret'))
  return labels.size === 0 ? null : { text: cleaned, labels: [...labels] }
}

/** Cleans every string in a value; `found` hears each label. A member that was nothing but a signed link is left out. */
export function cleanValue(value: Json, found: (label: string) => void): Json {
  if (typeof value === 'string') return cleanString(value, found)
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map((item: Json) => cleanValue(item, found))
  const members: [string, Json][] = []
  for (const [name, item] of Object.entries(value)) {
    const clean = cleanValue(item, found)
    if (clean === removed && typeof item === 'string' && isSignedLink(item)) continue
    members.push([name, clean])
  }
  return Object.fromEntries(members)
}

/** True where the whole string is one link that carries its own permission. */
export function isSignedLink(text: string): boolean {
  return /^(?:https?|wss?):\/\/\S+$/i.test(text) && grant.test(text)
}

function cleanString(text: string, found: (label: string) => void): string {
  const cleaned = cleanText(text)
  if (cleaned === null) return text
  for (const label of cleaned.labels) found(label)
  return cleaned.text
}
