import type { Finding, State } from './finding.ts'

const marks: Readonly<Record<State, string>> = { ok: 'ok   ', note: 'note ', warning: 'WARN ', wrong: 'WRONG' }
// Three parts of base64url behind the beginning of a JSON object: a token, wherever it may have come from.
const token = /\beyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)?/g
const bearer = /\b(Bearer|sig|SharedAccessSignature|AccountKey)([ =])[^\s"'&;]{8,}/gi

/** Text without anything that has the form of a token or a key: the last net, since no check puts one in. */
export function scrub(text: string): string {
  return text.replace(token, '(token)').replace(bearer, '$1$2(left out)')
}

/** 1 where something is wrong; where warnings count too, also for those. */
export function exitCodeOf(findings: readonly Finding[], strict: boolean): number {
  return findings.some(({ state }) => state === 'wrong' || (strict && state === 'warning')) ? 1 : 0
}

/** A line for each finding, under it what to do; at the end how many ask for something. */
export function describe(title: string, findings: readonly Finding[]): string {
  const lines = findings.map(({ state, subject, check, code, detail, next }) => {
    const line = `${marks[state]} ${subject} ${check}: ${code} (${detail})`
    return next === '' ? line : `${line}\n      ${next}`
  })
  return scrub([title, ...lines, summarise(findings), ''].join('\n'))
}

function summarise(findings: readonly Finding[]): string {
  const count = (state: State) => findings.filter((finding) => finding.state === state).length
  const [wrong, warnings] = [count('wrong'), count('warning')]
  const rest = warnings === 0 ? '' : ` ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}.`
  return wrong === 0 ? `Nothing is wrong.${rest}` : `${wrong} of ${findings.length} checks are wrong.${rest}`
}
