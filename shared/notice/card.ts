import type { Notice, NoticeData, NoticeKind } from './notice.ts'

/** Most bytes that a Teams workflow takes in one message. */
export const cardLimit = 28 * 1024

const titles: Readonly<Record<NoticeKind, string>> = {
  'approval-requested': 'Approval needed',
  'approval-escalated': 'Approval still needed: half of its time is over',
  'approval-decided': 'Approval decided',
  'break-glass': 'Somebody has broken the glass',
  'break-glass-ended': 'Emergency access has ended',
  'identity-mismatch': 'A backend saw somebody else than who asked',
  'not-me': 'A person says: this was not me',
}

/** Labels in the order of the card. What has none is not shown: a program reads it, or the console does. */
const labels: Readonly<Record<string, string>> = {
  state: 'State',
  person: 'Person',
  agent: 'Agent',
  backend: 'Backend',
  operation: 'Operation',
  effect: 'Effect',
  policies: 'Policy',
  rowsEstimate: 'Rows, by estimate',
  estimatedAt: 'Estimated at',
  content: 'Content',
  decideBy: 'Decide by',
  useBy: 'Use by',
  since: 'Since',
  until: 'Until',
  decision: 'Decision',
  use: 'Emergency access',
  digest: 'Digest',
  statement: 'Statement, literals left out',
}

/** Longest text of one fact, in UTF-16 units. */
const longest = 2000

/**
 * A message for a Teams workflow: one Adaptive Card 1.4. Whatever comes from a call stands in text runs, in which no
 * markup is read, so that a table's name cannot become a link; its one action opens the console.
 */
export function makeCard(notice: Notice, publicUrl: string): string {
  const shown = Object.entries(labels).flatMap(([name, label]) => {
    const text = say(notice.data[name])
    return text === '' ? [] : [line(label, text)]
  })
  const title = { type: 'TextBlock', weight: 'Bolder', size: 'Medium', wrap: true, text: titles[notice.kind] }
  const review = { type: 'Action.OpenUrl', title: 'Open the console', url: `${publicUrl}/console${notice.place}` }
  const content = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    body: [title, ...shown],
    actions: [review],
  }
  const attachments = [{ contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content }]
  return JSON.stringify({ type: 'message', attachments })
}

function line(label: string, text: string) {
  const runs = [
    { type: 'TextRun', text: `${label}: `, weight: 'Bolder' },
    { type: 'TextRun', text },
  ]
  return { type: 'RichTextBlock', inlines: runs }
}

// Nothing that changes how the text around it is read: controls, marks of direction, zero-width and tag characters.
const invisible = /[\p{Cc}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]|[\u{e0000}-\u{e007f}]/gu

function say(value: NoticeData[string] | undefined): string {
  if (value === undefined || value === null) return ''
  const text = typeof value === 'object' ? value.join('; ') : String(value)
  // Clients make links of addresses wherever they stand.
  const plain = text.toWellFormed().replace(invisible, ' ').replaceAll('://', ':/ /')
  return plain.length > longest ? `${plain.slice(0, longest).toWellFormed()}…` : plain
}
