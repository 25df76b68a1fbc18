import { neutralise } from './hygiene.ts'
import { unknownLabel } from './labels.ts'
import { recogniseText } from './recognise-text.ts'
import type { Report } from './report.ts'
import type { Rulebook } from './rulebook.ts'
import { cleanText, removed } from './secrets.ts'

/** Masks a text that comes in pieces: what is safe to show comes out, what may still become a secret waits. */
export interface TextStream {
  readonly push: (piece: string) => string
  /** What was still held back. */
  readonly end: () => string
}

export interface TextStreamJob {
  readonly rulebook: Rulebook
  readonly report: Report
  /** Where masked places are reported. */
  readonly path: string
  /** Identifiers of people are looked for too. */
  readonly free: boolean
}

/** Characters before a place that have to be plain words for a cut there: longer than what leads to an identifier. */
const calm = 64
/** Most characters that are held back; beyond it a text without any calm place is not text. */
const mostHeld = 8_192

const plainWords = /^[\p{L},;.'’\s]*$/u
/** Words after which an identifier may follow that has no strict form of its own. */
const announcing =
  /bsn|burger|sofi|steuer|idnr|tax|\btin\b|ssn|social|pesel|pass|pasap|ausweis|identi|card|born|birth|dob|gebor|gebu|\bgeb|\bn[ée]e?\b|naiss|nacid|t[eé]l|phone|foon|gsm|mobi|cell|fax|whatsapp|call|\bbel\b|appel|handy/iu

/**
 * Starts a stream. Where the text is cut into the parts that are masked depends on its characters alone, never on how
 * they arrived: after a space behind 64 characters of plain words that announce nothing, so that nothing to be found
 * can lie across. A part without such a place is held back up to 8,192 characters; a longer one loses its unbroken end.
 */
export function createTextStream(job: TextStreamJob): TextStream {
  let held = ''
  let looked = 0
  const cutParts = () => {
    let out = ''
    for (let cut = findCut(held, looked); cut !== null; cut = findCut(held, 0)) {
      out += cut.whole ? maskPart(held.slice(0, cut.at), job) : dropPart(job)
      held = held.slice(cut.at)
    }
    looked = Math.max(0, held.length - 1)
    return out
  }
  return {
    push: (piece) => {
      held += piece
      return cutParts()
    },
    end: () => {
      const rest = held === '' ? '' : maskPart(held, job)
      held = ''
      looked = 0
      return rest
    },
  }
}

interface Cut {
  readonly at: number
  /** False where the part grew beyond bounds and is taken out. */
  readonly whole: boolean
}

/** The first place at which a part ends, or null where more text has to come. Places before `from` were looked at. */
function findCut(text: string, from: number): Cut | null {
  const bound = Math.min(text.length, mostHeld)
  for (let at = text.indexOf(' ', from); at >= 0 && at + 1 < bound; at = text.indexOf(' ', at + 1)) {
    if (at + 1 >= calm && isCalm(text, at)) return { at: at + 1, whole: true }
  }
  return text.length >= mostHeld ? { at: mostHeld, whole: false } : null
}

function isCalm(text: string, space: number): boolean {
  const before = text.slice(space + 1 - calm, space)
  return plainWords.test(before) && !announcing.test(before) && !isOpen(text.slice(0, space))
}

/** A key or an element that has begun and not ended. */
function isOpen(text: string): boolean {
  const key = text.lastIndexOf('-----BEGIN')
  return text.lastIndexOf('<') > text.lastIndexOf('>') || (key >= 0 && text.indexOf('-----END', key) < 0)
}

function maskPart(part: string, { rulebook, report, path, free }: TextStreamJob): string {
  const { text, count } = neutralise(part)
  if (count > 0) report.neutralised(count)
  const clean = cleanText(text)
  const found = free ? recogniseText(clean?.text ?? text, (label) => rulebook.rule(label).treatment !== 'clear') : null
  for (const label of [...(clean?.labels ?? []), ...(found?.labels ?? [])])
    report.masked(path, { label, treatment: 'drop' })
  const shown = found?.text ?? clean?.text ?? text
  // What stands for something that was taken out ends in a bracket, which must not become a link's.
  return shown === text ? shown : neutralise(shown).text
}

function dropPart({ report, path }: TextStreamJob): string {
  report.masked(path, { label: unknownLabel, treatment: 'drop' })
  // What follows is masked by itself: it must not become the address of a link that this bracket ends.
  return `${removed} `
}
