import { breakMarkup, type Neutralised } from './markup.ts'

/** Nothing but tabs, line ends, and visible ASCII that no markup starts with. */
const harmless = /^(?:[\t\n\r\x20-;=-\\^-~]|\](?![(:]))*$/

const suspicious = /[\p{Cc}\p{Cs}\p{Default_Ignorable_Code_Point}\u2028\u2029\ufff9-\ufffb]/u
const shapers =
  'Arabic Syriac Devanagari Bengali Gurmukhi Gujarati Oriya Tamil Telugu Kannada Malayalam Sinhala Khmer Myanmar Mongolian'
    .split(' ')
    .map((script) => `\\p{Script=${script}}`)
    .join('')
const pictograph = '\\p{Extended_Pictographic}'

/**
 * What is invisible and yet belongs to a text: joiners within an emoji and between letters that change their form by
 * them, variants of pictographs and ideographs, the three flags that are spelled by tags.
 */
const belonging = [
  '\\u{1F3F4}\\u{E0067}\\u{E0062}(?:\\u{E0065}\\u{E006E}\\u{E0067}|\\u{E0073}\\u{E0063}\\u{E0074}|\\u{E0077}\\u{E006C}\\u{E0073})\\u{E007F}',
  `(?<=${pictograph}(?:\\uFE0F|[\\u{1F3FB}-\\u{1F3FF}])?)\\u200D(?=${pictograph})`,
  `(?<=[${shapers}])[\\u200C\\u200D](?=[${shapers}])`,
  `(?<=${pictograph})[\\uFE0E\\uFE0F]`,
  '(?<=[0-9#*])\\uFE0F(?=\\u20E3)',
  '(?<=[\\p{Script=Han}\\p{Sm}])[\\uFE00-\\uFE0D]',
  '(?<=\\p{Script=Han})[\\u{E0100}-\\u{E01EF}]',
  '(?<=\\p{Script=Mongolian})[\\u180B-\\u180D\\u180F]',
  '[\\t\\n\\r]',
]
const expression = new RegExp(
  `(${belonging.join('|')})|[\\p{Cc}\\p{Cs}\\u2028\\u2029\\p{Default_Ignorable_Code_Point}\\ufff9-\\ufffb]`,
  'gu',
)
/** ECMA-48: control sequences, operating system commands and other strings, two-character escapes. */
const escapes =
  /\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)|[ -/]*[0-~]?)|\x9b[0-?]*[ -/]*[@-~]/g
const rightToLeft = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u
const replacements: Readonly<Record<string, string>> = { '\u2028': '\n', '\u2029': '\n', '\u0085': '\n' }
const lone = /\p{Cs}/u
const directionMarks = '\u200E\u200F\u061C'

/**
 * Takes control, bidirectional, invisible and tag characters and terminal escapes out of a text, and breaks markup that
 * would fetch or lead elsewhere. Numbers, dates, letters of all scripts and emoji stay; doing it again changes nothing.
 */
export function neutralise(text: string): Neutralised {
  if (harmless.test(text)) return { text, count: 0 }
  const visible = suspicious.test(text) ? cleanCharacters(text) : { text, count: 0 }
  const broken = breakMarkup(visible.text)
  return { text: broken.text, count: visible.count + broken.count }
}

/** Taking something out can bring together what then has to go too; each turn makes it shorter or ends. */
function cleanCharacters(text: string): Neutralised {
  let clean = { text, count: 0 }
  for (let turn = 0; turn < 8; turn++) {
    const next = cleanOnce(clean.text)
    if (next.text === clean.text) break
    clean = { text: next.text, count: clean.count + next.count }
  }
  return clean
}

function cleanOnce(text: string): Neutralised {
  let count = 0
  const change = (to: string) => {
    count += 1
    return to
  }
  // Marks of direction say nothing where nothing runs from right to left, and reorder nothing where it does.
  const keepMarks = rightToLeft.test(text)
  const cleaned = text
    .replace(escapes, () => change(''))
    .replace(expression, (found: string, belongs?: string) => {
      if (belongs !== undefined || (keepMarks && directionMarks.includes(found))) return found
      return change(replacements[found] ?? (lone.test(found) ? '\ufffd' : ''))
    })
  return { text: cleaned, count }
}
