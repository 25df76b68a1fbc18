import { hash } from 'node:crypto'
import type { Inbound } from '../pipeline/ports.ts'
import { readParameters } from './audit-question.ts'

/** `?format=` where it is there, else what the browser or client says it accepts. */
export function formatAsked({ query, headers }: Inbound): 'json' | 'html' {
  const { format } = readParameters(query)
  const accept = headers.accept ?? ''
  const isPage = format === undefined ? /\btext\/html\b/.test(accept) : format === 'html'
  return isPage ? 'html' : 'json'
}

/** Headers of a page that has no script and loads nothing; its own style sheets are named by their digests, and nothing else runs. */
export function pageHeaders(page: string): Readonly<Record<string, string>> {
  const styles = [...page.matchAll(/<style[^>]*>([\s\S]*?)<\/style>/g)].map(([, text = '']) => {
    return `'sha256-${Buffer.from(hash('sha256', text, 'hex'), 'hex').toString('base64')}'`
  })
  const policy = [
    "default-src 'none'",
    `style-src ${styles.length === 0 ? "'none'" : styles.join(' ')}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    'sandbox',
  ]
  return {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': policy.join('; '),
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': 'same-origin',
  }
}
