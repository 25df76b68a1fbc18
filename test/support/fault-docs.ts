import type { Observed } from './fault-case.ts'
import { type Failure, failures, services } from './fault-plan.ts'

/** Answers by `service | exchange | failure | once or lasting`. */
export type Answers = Readonly<Record<string, string>>

/** The answers of all that was observed; several where flows differ. */
export function collectAnswers(all: readonly Observed[]): Answers {
  const found = new Map<string, Set<string>>()
  for (const { fault, got } of all) {
    if (fault === null) continue
    const key = [fault.service, fault.label, fault.failure, fault.lasting ? 'lasting' : 'once'].join(' | ')
    const text = got.status === 200 || got.code === 'approval_pending' ? 'answered' : `${got.status} ${got.code}`
    found.set(key, (found.get(key) ?? new Set()).add(text))
  }
  const sorted = [...found].sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(sorted.map(([key, texts]) => [key, [...texts].sort().join(' or ')]))
}

const head = `# What fails, and what is answered

Made by the tests (\`UPDATE_DOCS=1 npm run test:long -- faults\`): exchanges of a governed call meet failures, once and
for as long as the call takes. *Once → lasting*; one entry where both are the same; "–" was not played yet. "answered" is the
answer of a call without a failure. After each case that was played nothing had been called without a durable intent, the book verified, no decision was lost
or doubled, a backend had acted at most once, and the next call worked.

| failure | is |
|---|---|
| request lost, reply lost | the connection ends before the service has the request; after it has acted |
| late, slow | the service gets the request when the gateway has given up; at once, and the answer does not come |
| 412, 429, 429 wait, 503 | answered in the service's place; "wait" with \`Retry-After\` |
| garbled, truncated | the service acts; its answer is broken, or half of it |
| wrong type | a page of HTML with status 200 in the service's place |

For PostgreSQL 412 and 503 stand for \`57P03\`, 429 for \`53300\`.
`

/** The page, from the answers alone. */
export function writeDocs(answers: Answers): string {
  const known = services.filter((service) => Object.keys(answers).some((key) => key.startsWith(`${service} | `)))
  return `${head}\n${known.map((service) => section(service, answers)).join('\n')}`
}

function section(service: string, answers: Answers): string {
  const keys = Object.keys(answers).filter((key) => key.startsWith(`${service} | `))
  const labels = [...new Set(keys.map((key) => key.split(' | ')[1] ?? ''))]
  const rows = new Map<string, string[]>()
  for (const label of labels) {
    const cells = failures.map((failure) => cell(answers, { service, label, failure })).join(' | ')
    rows.set(cells, [...(rows.get(cells) ?? []), label])
  }
  const body = [...rows].map(([cells, names]) => `| ${names.join(', ')} | ${cells} |`)
  const title = service.charAt(0).toUpperCase() + service.slice(1)
  return [
    `## ${title}\n`,
    `| exchange | ${failures.join(' | ')} |`,
    `|${'---|'.repeat(failures.length + 1)}`,
    ...body,
    '',
  ].join('\n')
}

function cell(answers: Answers, at: { service: string; label: string; failure: Failure }): string {
  const key = [at.service, at.label, at.failure].join(' | ')
  const [once = '–', lasting = '–'] = [answers[`${key} | once`], answers[`${key} | lasting`]]
  return once === lasting ? once : `${once} → ${lasting}`
}
