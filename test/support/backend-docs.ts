import {
  type Backend,
  type Cloud,
  type Endpoint,
  endpointOf,
  type Operation,
  type PerCloud,
} from '../../shared/backend/define.ts'
import type { Ledger, ProofKind } from './proofs.ts'

/** What proves an operation; `declared` where nothing but its declaration is tested. */
export type Badge = ProofKind | 'declared'

const clouds: readonly Cloud[] = ['public', 'usgov', 'china']
const honesties = {
  yes: 'Calls happen as the person.',
  conditional: 'Calls happen as the person where the conditions below hold.',
  partial: 'Some of what the service offers happens as the person; the rest is refused, or said below.',
  'by-token-service': "A token service makes of the person's token one that the backend takes, for the same person.",
} as const

/** The best proof that any ledger has of an operation. */
export function badgeOf(ledgers: readonly Ledger[], backend: string, operation: string): Badge {
  const kinds = ledgers.flatMap((ledger) => ledger[backend]?.[operation] ?? [])
  if (kinds.includes('live-protocol')) return 'live-protocol'
  return kinds[0] ?? 'declared'
}

/** `docs/backends.md`, made of the declarations and of what tests proved. */
export function describeBackends(backends: readonly Backend[], ledgers: readonly Ledger[]): string {
  const sorted = [...backends].sort((one, other) => (one.name < other.name ? -1 : 1))
  return [
    '# Backends',
    '',
    'Made of the declarations in `functions/` by `UPDATE_DOCS=1 npm test -- test/contract/backends-docs`; a test keeps it equal.',
    '',
    'The badge says what an operation was tested against, and only tests can set it: **live-protocol** means that a server',
    "which is not ours answered it over the service's own protocol: the real one (PostgreSQL), the publisher's emulator",
    "(Azurite), or another maker's (MariaDB for MySQL, `@vercel/cosmosdb-server`, the server of the MCP SDK), behind a check",
    "of ours for the person's token; **official-spec** means that the publisher's own document judged the request and the",
    'answers and found no fault, none left aside either; **declared** is everything else: the rules that hold for every',
    'declaration, and stand-ins of ours. How a test sets it: [adding-a-backend.md](adding-a-backend.md).',
    '',
    'A scope that nobody has published for a cloud is *unknown*, and a deployment in that cloud is refused.',
    '',
    ...summary(sorted, ledgers),
    ...sorted.flatMap((backend) => describeOne(backend, ledgers)),
    '',
  ].join('\n')
}

function summary(backends: readonly Backend[], ledgers: readonly Ledger[]): readonly string[] {
  const rows = backends.map((backend) => {
    const badges = Object.keys(backend.operations).map((name) => badgeOf(ledgers, backend.name, name))
    const count = (badge: Badge) => badges.filter((each) => each === badge).length || ''
    const link = `[${backend.name}](#${backend.name})`
    return row([
      link,
      backend.honesty ?? '',
      badges.length,
      count('live-protocol'),
      count('official-spec'),
      count('declared'),
    ])
  })
  return [...head(['backend', 'as the person', 'operations', 'live-protocol', 'official-spec', 'declared']), ...rows]
}

function describeOne(backend: Backend, ledgers: readonly Ledger[]): readonly string[] {
  const { name, title, honesty = 'yes', notes = [] } = backend
  return [
    '',
    `## ${name}`,
    '',
    `${title}. ${honesties[honesty]}`,
    '',
    ...notes.map((note) => `- ${note}`),
    '',
    ...describeEndpoints(backend),
    ...describeSettings(backend),
    ...head(['operation', 'effect', 'what', 'ways', 'proof']),
    ...Object.entries(backend.operations).map(([operation, declared]) => {
      const what = [`${declared.summary}.`, declared.note, declared.unsupported].filter((each) => each !== undefined)
      const proof = declared.unsupported === undefined ? badgeOf(ledgers, name, operation) : 'refused'
      return row([`\`${operation}\``, declared.effect, what.join(' '), waysOf(declared).join(', '), proof])
    }),
  ]
}

function describeEndpoints(backend: Backend): readonly string[] {
  const names = [undefined, ...Object.keys(backend.endpoints ?? {})]
  const rows = names.flatMap((at) => {
    const endpoint = endpointOf(backend, at)
    const of = at === undefined ? '' : ` (${at})`
    const hosts = perCloud(endpoint.hostSuffixes, (list) =>
      list.length === 0 ? 'any host that is set' : list.map(code).join(', '),
    )
    const base = endpoint.base === undefined ? [] : [row([`address${of}`, ...perCloud(endpoint.base, code)])]
    return [row([`scope${of}`, ...scopeCells(endpoint)]), row([`hosts${of}`, ...hosts]), ...base]
  })
  const grants = names.map((at) => permissionOf(endpointOf(backend, at)))
  const proof = proofOf(backend)
  return [
    ...head(['', ...clouds]),
    ...rows,
    '',
    `Permission to grant: ${[...new Set(grants)].join('; ')}. ${proof}`,
    '',
  ]
}

function permissionOf({ permission }: Endpoint): string {
  if (permission === undefined) return 'unknown'
  const scopes =
    permission.scopes.length === 0
      ? 'the delegated scopes of the operations in use'
      : permission.scopes.map(code).join(', ')
  const of =
    permission.resource === 'tenant-defined' ? permission.name : `${permission.name} (\`${permission.resource}\`)`
  return `${scopes} of ${of}`
}

function proofOf({ identityProbe, tokenService }: Backend): string {
  if (tokenService !== undefined) return `Token service: ${tokenService}.`
  if (identityProbe === undefined) return 'Whom the backend sees is proven by the exchanged token alone.'
  if (identityProbe.method === 'request')
    return `Whom the backend sees is proven by asking it: \`${identityProbe.path}\`.`
  return 'Whom the backend sees is proven on the connection itself.'
}

function scopeCells({ scope }: Endpoint): readonly string[] {
  if (scope === 'configured') return clouds.map(() => 'as the deployment sets it')
  if (scope === 'host') return clouds.map(() => "made of the backend's address")
  return perCloud(scope, code)
}

function perCloud<T>(values: PerCloud<T>, show: (value: T) => string): readonly string[] {
  return clouds.map((cloud) => {
    const value = values[cloud]
    return value === null ? '*unknown*' : show(value)
  })
}

function describeSettings({ values = {}, limits = {}, requires = [] }: Backend): readonly string[] {
  const set = Object.entries(values).map(([name, { description, optional }]) => {
    return `- \`values.${name}\`${optional === true ? ' (optional)' : ''}: ${description}`
  })
  const allowed = [...new Set(Object.values(limits))].map((list) => {
    const must = list.startsWith('!') ? ' (has to be set)' : ''
    const inputs = Object.keys(limits).filter((input) => limits[input] === list)
    return `- \`allow.${list.replace(/^!/, '')}\`${must}: what ${inputs.map(code).join(', ')} may be.`
  })
  const all = [...requires.map((name) => `- \`${name}\`: has to be set.`), ...set, ...allowed]
  return all.length === 0 ? [] : ['Settings besides the address:', '', ...all, '']
}

function waysOf({ call, runsAs, at, egress, untrusted, statement }: Operation): readonly string[] {
  const { page, longRunning } = call.technology === 'rest' ? call : { page: undefined, longRunning: undefined }
  const isStream = 'stream' in call && call.stream === true
  const runner = typeof runsAs === 'object' ? 'runs as whom its definition names' : 'runs as somebody else'
  const ways: readonly (readonly [boolean, string])[] = [
    [runsAs !== undefined && runsAs !== 'person', runner],
    [at !== undefined, `at ${at}`],
    [statement !== undefined, `statement judged (${statement?.dialect})`],
    [page !== undefined, 'pages'],
    [longRunning !== undefined, 'may run long'],
    [isStream, 'streams'],
    [egress === true, 'leaves the company'],
    [untrusted === true, 'untrusted texts'],
  ]
  return ways.filter(([is]) => is).map(([, say]) => say)
}

const code = (text: string) => `\`${text}\``

function head(cells: readonly string[]): readonly string[] {
  return [row(cells), `|${cells.map(() => '---').join('|')}|`]
}

function row(cells: readonly (string | number)[]): string {
  return `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`
}
