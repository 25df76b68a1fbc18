import { describe, expect, it } from 'vitest'
import { neutralise } from '../../../shared/masking/hygiene.ts'
import { brokenLink } from '../../../shared/masking/markup.ts'
import { mask } from '../../../shared/masking/mask.ts'
import { makeReport } from '../../../shared/masking/report.ts'
import { makeRulebook } from '../../../shared/masking/rulebook.ts'
import { createTextStream } from '../../../shared/masking/stream-text.ts'
import { treeRequest } from './requests.ts'

const of = (text: string) => neutralise(text).text
const cp = (...codes: readonly number[]) => String.fromCodePoint(...codes)

describe('a text that could turn against its reader', () => {
  it.each([
    ['a null', 'a\u0000b', 'ab'],
    ['a bell and a backspace', 'a\u0007\u0008b', 'ab'],
    ['controls of the upper half', 'a\u0090b\u0099c', 'abc'],
    ['a colour', '\u001b[31mred\u001b[0m', 'red'],
    ['a cursor movement', 'ok\u001b[2K\u001b[1Gno', 'okno'],
    ['a terminal title', '\u001b]0;own\u0007text', 'text'],
    ['a terminal hyperlink', '\u001b]8;;https://evil.example\u001b\\go\u001b]8;;\u001b\\', 'go'],
    ['an escape alone', 'a\u001b', 'a'],
    ['an override of direction', 'user\u202etxt.exe', 'usertxt.exe'],
    ['isolates', 'a\u2066b\u2069c', 'abc'],
    ['marks of direction in a Latin text', 'a\u200eb\u200fc', 'abc'],
    ['zero width', 'se\u200bcr\u2060et\ufeff', 'secret'],
    ['a soft hyphen', 'pass\u00adword', 'password'],
    ['a joiner between Latin letters', 'a\u200db', 'ab'],
    ['tags that spell an order', `hi${cp(0xe0069, 0xe0067, 0xe006e)}`, 'hi'],
    ['a language tag', `a${cp(0xe0001)}b`, 'ab'],
    ['variants that carry bytes', `x${cp(0xe0100, 0xe0155, 0xe01ef)}`, 'x'],
    ['a row of variants behind an emoji', '😀\ufe0f\ufe01\ufe02', '😀\ufe0f'],
    ['blank Hangul', 'a\u3164b\uffa0c', 'abc'],
    ['separators of lines and paragraphs', 'a\u2028b\u2029c', 'a\nb\nc'],
    ['half a pair', 'a\ud83db', 'a\ufffdb'],
    ['annotations', 'a\ufff9b\ufffbc', 'abc'],
  ])('loses %s', (_name, text, expected) => {
    expect(of(text)).toBe(expected)
  })

  it.each([
    ['a picture', '![x](https://evil.example/?q=1)', `![x]${brokenLink}(https://evil.example/?q=1)`],
    ['a picture without a scheme', '![](//evil.example/a.png)', `![]${brokenLink}(//evil.example/a.png)`],
    ['a link', '[click](http://evil.example)', `[click]${brokenLink}(http://evil.example)`],
    ['an address in angles', '![a](<https://evil.example/a b>)', `![a]${brokenLink}(&lt;https://evil.example/a b>)`],
    ['an address on the next line', '![a](\n  https://evil.example)', `![a]${brokenLink}(\n  https://evil.example)`],
    ['an address by entities', '![a](&#104;ttps://evil.example)', `![a]${brokenLink}(&#104;ttps://evil.example)`],
    ['an address by escapes', '![a](\\//evil.example)', `![a]${brokenLink}(\\//evil.example)`],
    ['a host by an entity', '![a](/&#47;evil.example)', `![a]${brokenLink}(/&#47;evil.example)`],
    ['a host by a named entity', '![a](/&sol;evil.example)', `![a]${brokenLink}(/&sol;evil.example)`],
    ['HTML with another slash', '<table background="/\\evil.example">', '&lt;table background="/\\evil.example">'],
    ['HTML with a tab', '<table background="/\t/evil.example">', '&lt;table background="/\t/evil.example">'],
    ['HTML by entities', '<td background="&sol;&sol;evil.example">', '&lt;td background="&sol;&sol;evil.example">'],
    ['a script', '[a](javascript:alert`1`)', `[a]${brokenLink}(javascript:alert\`1\`)`],
    ['data', '![a](data:image/svg+xml,x)', `![a]${brokenLink}(data:image/svg+xml,x)`],
    ['a reference', '![a][r]\n\n[r]: https://evil.example', `![a][r]\n\n[r]${brokenLink}: https://evil.example`],
    ['a reference in a quote', '> [r]:<https://evil.example>', `> [r]${brokenLink}:<https://evil.example>`],
    ['HTML', '<img src="https://evil.example/?q=1">', '&lt;img src="https://evil.example/?q=1">'],
    ['HTML without quotes', '<IMG/SRC=//evil.example>', '&lt;IMG/SRC=//evil.example>'],
    ['a frame', '<iframe srcdoc="x">', '&lt;iframe srcdoc="x">'],
    ['a style', '<p style="background:url(x)">', '&lt;p style="background:url(x)">'],
    ['a handler', '<b onclick=go()>', '&lt;b onclick=go()>'],
    ['an anchor', '<a href="https://evil.example">x</a>', '&lt;a href="https://evil.example">x</a>'],
    [
      'a picture hidden by zero width',
      '!\u200b[x]\u200b(https://evil.example)',
      `![x]${brokenLink}(https://evil.example)`,
    ],
  ])('cannot fetch by %s', (_name, text, expected) => {
    expect(of(text)).toBe(expected)
    expect(neutralise(text).count).toBeGreaterThan(0)
  })
})

describe('a text that means no harm', () => {
  it.each([
    ['numbers', '1,234.50 -7e10 0x1f 12-34'],
    ['a date', '2026-01-05T10:00:00Z'],
    ['an id', '0190b5a4-7c1e-7d3a-9a55-3f1f6f0f1c11'],
    ['accents and combining marks', 'Zoë née Gößl, e\u0301t\u00e9'],
    ['Arabic', 'مرحبا بالعالم 123'],
    ['Hebrew beside Latin', 'שלום\u200f (hello)'],
    ['Persian with a joiner', 'می\u200cخواهم'],
    ['Hindi with a joiner', 'क्\u200dष'],
    ['a family', '👩\u200d👩\u200d👧\u200d👦'],
    ['a profession with a skin', '👩🏽\u200d🚀'],
    ['a heart', '❤\ufe0f\u200d🔥'],
    ['a key cap', '1\ufe0f\u20e3'],
    ['the flag of Scotland', cp(0x1f3f4, 0xe0067, 0xe0062, 0xe0073, 0xe0063, 0xe0074, 0xe007f)],
    ['the flag of Belgium', '🇧🇪'],
    ['Chinese with a variant', `葛${cp(0xe0100)}`],
    ['tabs and lines', 'a\tb\r\nc'],
    ['a bare address', 'see https://learn.example/a?b=c#d'],
    ['an address in angles', '<https://learn.example>'],
    ['code', 'a[0](b), x < y && y > z, m[i][j](k)'],
    ['a relative link', '[terms](/docs/terms?a=1&b=2#c)'],
    ['a formula', 'if (a<b) return [1]: none'],
    ['a note', '[1]: see page 3'],
    ['XML without addresses', '<order id="3"><line/></order>'],
  ])('stays as it is: %s', (_name, text) => {
    expect(neutralise(text)).toEqual({ text, count: 0 })
  })
})

describe('the cost of making a text harmless', () => {
  it.each([
    ['brackets', ']('.repeat(50_000)],
    ['brackets and spaces', `](${' '.repeat(1000)}`.repeat(100)],
    ['angles', '<a '.repeat(30_000)],
    ['escapes', '\u001b]'.repeat(50_000)],
    ['tags', cp(0xe0069).repeat(50_000)],
    ['joiners', '👩\u200d'.repeat(20_000)],
  ])('grows with its length only: %s', (_name, text) => {
    const begin = performance.now()
    neutralise(text)
    expect(performance.now() - begin).toBeLessThan(1500)
  })
})

describe('what stands for something that was taken out', () => {
  const token = `ey${'Ja'.repeat(8)}.abc.def`
  it.each([
    ['an identifier', 'ann@corp.example'],
    ['a secret', token],
  ])('is no picture’s or link’s text: %s', (_name, taken) => {
    const text = `!${taken}(https://evil.example/p.png?q=1) `
    const whole = mask(treeRequest({ note: text }, { '/note': 'text.free' })).data as { readonly note: string }
    const stream = createTextStream({ rulebook: makeRulebook([], []), report: makeReport(), path: '/t', free: true })
    for (const shown of [whole.note, stream.push(text) + stream.end()]) {
      expect(shown).toContain('[removed')
      expect(shown).not.toMatch(/\]\(/)
    }
  })

  it('is none where a long part without a calm place is taken out', () => {
    const stream = createTextStream({ rulebook: makeRulebook([], []), report: makeReport(), path: '/t', free: true })
    const text = `${'1'.repeat(8192)}(https://evil.example/p) `
    expect(stream.push(text) + stream.end()).toMatch(/^\[removed\] \(/)
  })
})
