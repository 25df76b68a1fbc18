/** One control of a framework, what of the report supports it, and where that stands (JSON pointers). */
export interface Control {
  readonly framework: string
  readonly control: string
  readonly supports: string
  readonly evidence: readonly string[]
}

const population = ['/verdict/counts', '/scope/requested', '/scope/found', '/scope/segments']
const protection = ['/anchored', '/method/immutability', '/method/checkpoint']
const findings = ['/findings/integrity', '/findings/unresolved', '/findings/operations']

/**
 * The controls that a report supports, as docs/control-mapping.md explains them. Supporting is not complying: each
 * control needs the customer's own work too, which that page names.
 */
export const controls: readonly Control[] = [
  {
    framework: 'SOC 2',
    control: 'CC6.1',
    supports: 'Access to data happens as a known person, and policy decided each call.',
    evidence: ['/activity/identity', '/activity/calls/byVerdict', '/changes/inForce'],
  },
  {
    framework: 'SOC 2',
    control: 'CC6.2',
    supports: 'Who used access, and through which agents, for the periodic review of who should have it.',
    evidence: ['/activity/access/byPerson', '/activity/calls/byPrincipal'],
  },
  {
    framework: 'SOC 2',
    control: 'CC6.3',
    supports: 'Least privilege and separation of duties in use: classes of data seen, overlaps of duties.',
    evidence: ['/activity/access/byClass', '/activity/separationOfDuties', '/activity/masks'],
  },
  {
    framework: 'SOC 2',
    control: 'CC7.2',
    supports: 'Anomalies are looked for every night over a complete population, and reported.',
    evidence: [...population, ...findings],
  },
  {
    framework: 'SOC 2',
    control: 'CC7.3',
    supports: 'Each finding is evaluated: severity, due date, disposition, and who decided it.',
    evidence: [...findings, '/reviews/dispositions'],
  },
  {
    framework: 'SOC 2',
    control: 'CC8.1',
    supports: 'Which policy, declaration, settings and build decided calls, and when they changed.',
    evidence: ['/changes/inForce', '/changes/policy', '/changes/keys'],
  },
  {
    framework: 'SOX ITGC',
    control: 'Access to programs and data',
    supports: 'Access review from use, refused calls, approvals by a second person.',
    evidence: ['/activity/access/byPerson', '/activity/refusals', '/activity/approvals'],
  },
  {
    framework: 'SOX ITGC',
    control: 'Program changes',
    supports: 'Every change of what decides calls is visible by its digest and time.',
    evidence: ['/changes/inForce'],
  },
  {
    framework: 'SOX ITGC',
    control: 'Computer operations',
    supports: 'Completeness of the log, missed nights, and the review of each report.',
    evidence: [...population, '/changes/missedNights', '/reviews/pending', '/reviews/done'],
  },
  {
    framework: 'ISO/IEC 27001:2022',
    control: 'A.5.28',
    supports: 'Evidence is collected and kept so that its integrity can be shown later.',
    evidence: ['/attestation', ...protection],
  },
  {
    framework: 'ISO/IEC 27001:2022',
    control: 'A.5.33',
    supports: 'Records are protected against loss, falsification and early deletion.',
    evidence: [...protection, '/changes/retention', '/changes/holds'],
  },
  {
    framework: 'ISO/IEC 27001:2022',
    control: 'A.8.15',
    supports: 'Logs are produced, protected, and analysed every night.',
    evidence: [...population, ...findings, '/method/coverage'],
  },
  {
    framework: 'ISO/IEC 27001:2022',
    control: 'A.8.17',
    supports: 'Times are checked against the anchors around them, and the clock against the platform’s.',
    evidence: ['/method/clockOffsetMs', '/findings/integrity'],
  },
  {
    framework: 'GDPR',
    control: 'Article 5',
    supports: 'Accountability, integrity and storage limitation: who saw what, and that erasures were carried out.',
    evidence: ['/activity/access/byClass', '/changes/erasures', '/changes/retention'],
  },
  {
    framework: 'GDPR',
    control: 'Article 17',
    supports: 'Each erasure is recorded with its size and a reference to its ticket.',
    evidence: ['/changes/erasures'],
  },
  {
    framework: 'GDPR',
    control: 'Article 30',
    supports: 'Classes of data and backends that were in fact used, to compare with the records of processing.',
    evidence: ['/activity/access/byClass', '/activity/calls/byOperation', '/activity/unclassified'],
  },
  {
    framework: 'GDPR',
    control: 'Article 32',
    supports: 'Regular testing: every night says whether the protection of the log still holds.',
    evidence: ['/verdict', '/method/coverage', '/trend'],
  },
  {
    framework: 'EU AI Act',
    control: 'Article 12',
    supports: 'Automatic recording of what agents asked, what was decided and what came of it.',
    evidence: ['/activity/calls', '/scope/rowsByKind'],
  },
  {
    framework: 'EU AI Act',
    control: 'Article 14',
    supports: 'Human oversight in use: approvals by persons, refusals, reviews.',
    evidence: ['/activity/approvals', '/activity/refusals', '/reviews'],
  },
  {
    framework: 'EU AI Act',
    control: 'Article 19',
    supports: 'Logs are kept, and their removal after the chosen time is recorded.',
    evidence: ['/method/immutability', '/changes/retention'],
  },
  {
    framework: 'EU AI Act',
    control: 'Article 26',
    supports: 'A deployer’s monitoring of use, by person, agent and operation, and its logs.',
    evidence: ['/activity/calls/byOperation', '/activity/access/byPerson', '/findings/operations'],
  },
]

/** What no report can show. */
export const limits: readonly string[] = [
  'Somebody who holds the signing key, the immutable store and every copy of earlier checkpoints outside could still write the book anew. A checkpoint or report that you keep yourself takes that possibility away.',
  'Rows newer than the newest checkpoint are protected by the keyed chain only; who holds its key and the store could change them before they are anchored.',
  'What was done in a backend without the gateway is seen only where that backend’s own log is compared.',
  'Requests that were refused before anybody was known stand in no row.',
  'Roles are known only of persons whose tokens carried them in the period. Who may write policies is decided outside, and is not known here.',
  'Rows of earlier nights are read again by turn, by lot and once a week; between two readings, a change in the store is not seen.',
  'Persons and agents appear under the ids of the directory. Names are not in this report.',
]
