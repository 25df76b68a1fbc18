import { hash } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { renderReport, reportPolicy } from '../../shared/audit/report-html.ts'
import { escapeText, markup } from '../../shared/audit/report-markup.ts'
import type { Report } from '../../shared/audit/report-schema.ts'
import { style } from '../../shared/audit/report-style.ts'
import { fc } from '../support/property.ts'
import { makeReportWeek } from '../support/report-week.ts'

let report: Report

beforeAll(async () => {
  report = (await makeReportWeek()).report
})

const hostile = fc.oneof(
  fc.constantFrom(
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    '</style><script>1</script>',
    '</title><svg onload=alert(1)>',
    '&lt;script&gt;',
    'https://evil.example/x',
    '\u202egnp.exe',
    '\ud800',
    '\u0000',
    '--><!--',
    'constructor',
    'valueOf',
    '__proto__',
    '<!--',
    ']]>',
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
)

/** The report with every text replaced: values of the format's own lists too, as a forger might. */
function poison(value: unknown, next: () => string): unknown {
  if (typeof value === 'string') return next()
  if (Array.isArray(value)) return value.map((item) => poison(item, next))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, poison(member, next)]))
}

/** Tags and their attributes, as a browser's tokenizer would see them: a value in quotes cannot end a tag. */
const tag = /<(\/?[a-zA-Z][a-zA-Z0-9]*)((?:\s+[a-zA-Z-:]+(?:="[^"]*")?)*)\s*\/?>/g

function outlineOf(html: string): string[] {
  return [...html.matchAll(tag)].map(([, name = '', attributes = '']) => {
    const names = [...attributes.matchAll(/([a-zA-Z-:]+)(?:="[^"]*")?/g)].map(([, attribute]) => attribute)
    return [name.toLowerCase(), ...names].join(' ')
  })
}

const known = new Set(
  'html head meta title style body a header p h1 h2 h3 h4 nav ul li main section dl div dt dd figure svg line g rect circle path figcaption span article code table caption thead tbody tr th td footer'.split(
    ' ',
  ),
)

const attributes = new Set(
  'lang charset name content http-equiv class href id aria-label aria-labelledby aria-hidden role tabindex scope viewBox x y x1 x2 y1 y2 width height r d transform'.split(
    ' ',
  ),
)

/** Names of the elements; the form of a mark follows from a value of the format, and may differ. */
function elementsOf(outline: readonly string[]): string[] {
  return outline.map((one) => one.split(' ')[0] ?? '').filter((name) => name !== 'circle' && name !== 'path')
}

describe('a page', () => {
  it('has no script, no handler, no frame, no form and nothing from elsewhere', () => {
    const html = renderReport(report, 'ab'.repeat(32))
    const elements = outlineOf(html).map((outline) => outline.split(' '))
    expect(elements.filter(([name = '']) => !known.has(name.replace('/', '')))).toEqual([])
    expect(elements.flatMap(([, ...names]) => names).filter((name) => !attributes.has(name))).toEqual([])
    expect([...html.matchAll(/href="([^"]*)"/g)].filter(([, to = '']) => !to.startsWith('#'))).toEqual([])
    expect(/url\(|@import|https?:/.test(style)).toBe(false)
  })

  it('has the same elements and attributes whatever the texts say', () => {
    const plain = poison(report, () => 'x') as Report
    const expected = elementsOf(outlineOf(renderReport({ ...plain, verdict: safe(plain) }, 'x')))
    fc.assert(
      fc.property(fc.array(hostile, { minLength: 12, maxLength: 12 }), (texts) => {
        let drawn = 0
        const poisoned = poison(report, () => texts[drawn++ % texts.length] || 'x') as Report
        const html = renderReport({ ...poisoned, verdict: safe(poisoned) }, 'x')
        const found = outlineOf(html)
        expect(found.flatMap((one) => one.split(' ').slice(1)).filter((name) => !attributes.has(name))).toEqual([])
        expect(elementsOf(found)).toEqual(expected)
      }),
      { numRuns: 25 },
    )
  })

  it('names its own style sheet by digest and allows nothing else', () => {
    const html = renderReport(report, 'x')
    const sheet = /<style>([\s\S]*?)<\/style>/.exec(html)?.[1] ?? ''
    expect(reportPolicy).toContain(`'sha256-${hash('sha256', sheet, 'base64')}'`)
    expect(html).toContain(`content="${escapeText(reportPolicy)}"`)
  })
})

/** The result chooses the look of the banner: it is of the format's list, or the reader refuses the report. */
function safe(poisoned: Report): Report['verdict'] {
  return { ...poisoned.verdict, result: 'FAIL' }
}

describe('an escaped text', () => {
  it('holds no character that ends a text, an attribute, or turns what is read', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(/[<>"'\u0000-\u001f\u202a-\u202e\u2066-\u2069]|\p{Cs}/u.test(escapeText(text))).toBe(false)
      }),
      { numRuns: 500 },
    )
  })

  it('is not escaped twice, and markup not at all', () => {
    expect(markup`${markup`<b>${'<'}</b>`}&${[markup`<i></i>`]}`.html).toBe('<b>&lt;</b>&<i></i>')
  })
})
