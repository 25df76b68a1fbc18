/** A string that nothing in it can turn against who shows or reads it, and how many places were changed. */
export interface Neutralised {
  readonly text: string
  readonly count: number
}

/** Stands where a link or picture to elsewhere was broken; the address stays readable behind it. */
export const brokenLink = '⟦link⟧'

/** The end of a link's or picture's text, or of a reference's name, and the address behind it (CommonMark 0.31, 4.7, 6.3). */
const target = /\](?=[(:]\s*(<[^>\n]{0,64}|[^\s<>)]{0,64}))/g

/** Elements that fetch, run, embed or lead elsewhere by being there. */
const fetching =
  /^<\/?(?:img|image|iframe|frame|frameset|script|style|link|object|embed|applet|svg|math|video|audio|source|track|picture|base|meta|form|input|button|template|portal)(?![\w-])/i
/** What makes any other element do so. */
const reaching = /(?:[a-z][a-z0-9+.-]*:|[/\\]\s*[/\\])\S|\bon[a-z]+\s*=|\bstyle\s*=|url\s*\(|&(?:#|[a-z]{2,})/i
const autolink = /^<(?:https?|mailto):[^\s<>]*>/i
const opening = /<(?=[a-z/!?])/gi

/**
 * Breaks what a reader's program would fetch or offer as a link by itself: Markdown links, pictures and references to
 * addresses outside, and HTML that reaches out. `](https:` becomes `]⟦link⟧(https:`, `<img` becomes `&lt;img`.
 */
export function breakMarkup(text: string): Neutralised {
  let broken: Neutralised = { text, count: 0 }
  // A bracket that was broken is an entity then, with which an address or another element reaches out in its turn.
  for (let turn = 0; turn < mostTurns; turn++) {
    const links = breakLinks(broken.text)
    const next = breakElements(links.text)
    if (next.text === broken.text) break
    broken = { text: next.text, count: broken.count + links.count + next.count }
  }
  return broken
}

/** A third changes nothing that the second left, by all that was tried; this bounds it whatever comes. */
const mostTurns = 4

function breakLinks(text: string): Neutralised {
  if (!text.includes(']')) return { text, count: 0 }
  let count = 0
  const broken = text.replace(target, (found: string, address: string) => {
    if (!isOutside(address.replace(/^</, ''))) return found
    count += 1
    return `${found}${brokenLink}`
  })
  return { text: broken, count }
}

function breakElements(text: string): Neutralised {
  if (!text.includes('<')) return { text, count: 0 }
  let count = 0
  const reaches = makeReachTest(text)
  const broken = text.replace(opening, (found: string, at: number) => {
    if (!reaches(at)) return found
    count += 1
    return '&lt;'
  })
  return { text: broken, count }
}

/** Names a scheme or another host; what stands written otherwise (entities, escapes) counts as if it did. */
function isOutside(address: string): boolean {
  const plain = address.replaceAll(/[\\\s]/g, (char) => (char === '\\' ? '/' : ''))
  return (
    /^[a-z][a-z0-9+.-]*:/i.test(address.replaceAll(/[\\\s]/g, '')) ||
    plain.startsWith('//') ||
    /^\/?[^/?]*&(?:#|[a-z]{2,};)/i.test(plain)
  )
}

/** Whether the element that starts here reaches out; what several share up to the same `>` is looked at once. */
function makeReachTest(text: string): (at: number) => boolean {
  let end = -1
  let found = false
  return (at) => {
    if (autolink.test(text.slice(at, at + 2048))) return false
    if (fetching.test(text.slice(at, at + 16))) return true
    if (at >= end) {
      const close = text.indexOf('>', at)
      end = close < 0 ? text.length : close
      found = reaching.test(text.slice(at, end))
    }
    return found
  }
}
