import { spawnSync } from 'node:child_process'
import { hash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import { encodeReport } from '../../shared/audit/report.ts'
import { renderReport } from '../../shared/audit/report-html.ts'
import type { Report } from '../../shared/audit/report-schema.ts'
import { makeReportWeek } from '../support/report-week.ts'
import { needs } from '../support/tools.ts'

/** What the probe found in the page, as the browser laid it out. */
interface Seen {
  readonly scripts: number
  readonly texts: number
  /** Colour of the page's ground. */
  readonly ground: string
  readonly resources: number
  readonly overflow: number
  readonly lowContrast: readonly string[]
  readonly headings: readonly number[]
  readonly unnamed: readonly string[]
  readonly lang: string
}

/** Runs in the frame's parent: the page itself may run nothing. WCAG 2.2, relative luminance and contrast. */
const probe = `
const page = document.querySelector('iframe').contentDocument
const view = page.defaultView
const parse = (color) => { const [r, g, b, a = 1] = color.match(/[\\d.]+/g).map(Number); return { r, g, b, a } }
const channel = (value) => { const v = value / 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4 }
const luminance = ({ r, g, b }) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b)
const ground = (element) => { for (let at = element; at; at = at.parentElement) {
  const color = parse(view.getComputedStyle(at).backgroundColor); if (color.a > 0.99) return color } return { r: 255, g: 255, b: 255 } }
const contrast = (one, other) => { const [a, b] = [luminance(one), luminance(other)].sort((x, y) => y - x); return (a + 0.05) / (b + 0.05) }
const lowContrast = []
let texts = 0
const walker = page.createTreeWalker(page.body, NodeFilter.SHOW_TEXT)
for (let node = walker.nextNode(); node; node = walker.nextNode()) {
  const element = node.parentElement
  if (node.data.trim() === '' || element.closest('svg')) continue
  texts++
  const ratio = contrast(parse(view.getComputedStyle(element).color), ground(element))
  if (ratio < 4.5) lowContrast.push(node.data.slice(0, 40) + ' ' + ratio.toFixed(2))
}
const unnamed = [...page.querySelectorAll('table, svg[role], [role=region], nav')].filter((element) =>
  !(element.caption || element.querySelector('title') || element.getAttribute('aria-label'))).map((element) => element.tagName)
document.body.textContent = 'SEEN' + JSON.stringify({
  scripts: page.scripts.length, texts, ground: view.getComputedStyle(page.body).backgroundColor, resources: view.performance.getEntriesByType('resource').length,
  overflow: page.documentElement.scrollWidth - view.innerWidth, lowContrast,
  headings: [...page.querySelectorAll('h1,h2,h3,h4')].map((heading) => Number(heading.tagName[1])), unnamed,
  lang: page.documentElement.lang }) + 'END'
`

let folder = ''
let report: Report
let html = ''

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'report-page-'))
  report = (await makeReportWeek()).report
  html = renderReport(report, hash('sha256', encodeReport(report), 'hex'))
  writeFileSync(join(folder, 'report.html'), html)
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

function chromium(...args: readonly string[]): string {
  const fixed = [
    '--headless=new',
    '--no-sandbox',
    '--disable-gpu',
    '--hide-scrollbars',
    `--user-data-dir=${folder}/profile`,
  ]
  const { stdout, status, error } = spawnSync('chromium', [...fixed, ...args], {
    ...{ encoding: 'utf8', timeout: 60_000, maxBuffer: 1 << 26 },
  })
  if (error) throw error
  expect(status).toBe(0)
  return stdout
}

function look(width: number, scheme: 'light' | 'dark'): Seen {
  const frame = `<iframe width="${width}" height="900" srcdoc="${escapeAttribute(html)}"></iframe>`
  const file = join(folder, `frame-${width}-${scheme}.html`)
  // The probe waits for the frame: what the page would load, it has loaded then.
  writeFileSync(file, `<!doctype html><body>${frame}<script>onload=()=>{${probe}}</script></body>`)
  const dom = chromium(
    `--blink-settings=preferredColorScheme=${scheme === 'dark' ? 0 : 1}`,
    ...['--window-size=1400,1000', '--dump-dom', `file://${file}`],
  )
  const seen = /SEEN(.*)END/s.exec(dom)?.[1] ?? 'null'
  return JSON.parse(seen.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')) as Seen
}

/** Escapes without making the invisible visible: the frame must get the very document. */
function escapeAttribute(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;')
}

const grounds = { light: 'rgb(251, 251, 249)', dark: 'rgb(20, 24, 27)' } as const
const views = [
  [1280, 'light'],
  [1280, 'dark'],
  [390, 'light'],
] as const

describe('the page of a report, in a browser', () => {
  for (const [width, scheme] of views) {
    needs('chromium')(
      `runs nothing, loads nothing, is no wider than ${width} px and readable in ${scheme}`,
      () => {
        const seen = look(width, scheme)
        expect(seen).toMatchObject({ scripts: 0, resources: 0, lowContrast: [], unnamed: [], lang: 'en' })
        expect([seen.texts > 500, seen.ground]).toEqual([true, grounds[scheme]])
        expect(seen.overflow).toBeLessThanOrEqual(0)
        const jumps = seen.headings.filter((level, at) => level - (seen.headings[at - 1] ?? 0) > 1)
        expect(jumps).toEqual([])
      },
      60_000,
    )
  }

  needs('chromium')(
    'prints',
    () => {
      const file = join(folder, 'report.pdf')
      chromium('--no-pdf-header-footer', `--print-to-pdf=${file}`, `file://${join(folder, 'report.html')}`)
      expect([existsSync(file), readFileSync(file).subarray(0, 5).toString('latin1')]).toEqual([true, '%PDF-'])
      expect(statSync(file).size).toBeGreaterThan(50_000)
    },
    60_000,
  )

  needs('chromium')('shows hostile texts as texts', () => {
    const text = '<img src=x onerror="document.title=1">'
    const file = join(folder, 'hostile.html')
    writeFileSync(file, renderReport({ ...report, scope: { ...report.scope, origin: text } }, 'x'))
    const dom = chromium('--dump-dom', `file://${file}`)
    expect([dom.includes('<img'), dom.includes('&lt;img')]).toEqual([false, true])
  })
})
