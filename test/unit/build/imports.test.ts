import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Finding } from '../../../infra/build/check.ts'
import { checkImports } from '../../../infra/build/check-imports.ts'
import { copyRepository, type RepositoryCopy } from '../../support/repository-copy.ts'

interface Planted {
  readonly file: string
  readonly text: string
  /** What the check says of it, and where. */
  readonly says: string
}

const planted: readonly Planted[] = [
  {
    file: 'functions/planted-island.ts',
    text: "import './health-neighbour.ts'\n",
    says: 'functions-are-islands: functions/planted-island.ts → functions/health-neighbour.ts',
  },
  { file: 'functions/health-neighbour.ts', text: 'export const neighbour = 1\n', says: '' },
  {
    file: 'functions/planted-app.ts',
    text: "import '../shared/app.ts'\n",
    says: 'only-the-root-builds: functions/planted-app.ts → shared/app.ts',
  },
  {
    file: 'shared/audit/planted-sdk.ts',
    text: "import { TableClient } from '@azure/data-tables'\nexport const client = TableClient\n",
    says: 'pure-stays-pure: shared/audit/planted-sdk.ts → ',
  },
  {
    file: 'shared/quota/planted-lazy-sdk.ts',
    text: "export const load = () => import('@azure/identity')\n",
    says: 'pure-stays-pure: shared/quota/planted-lazy-sdk.ts → ',
  },
  {
    file: 'shared/masking/planted-disk.ts',
    text: "import { readFileSync } from 'node:fs'\nexport const read = readFileSync\n",
    says: 'pure-stays-pure: shared/masking/planted-disk.ts → fs',
  },
  {
    file: 'shared/http/planted-channel.ts',
    text: "import { subscribe } from 'node:diagnostics_channel'\nexport const watch = subscribe\n",
    says: 'doors-use-hashing-alone: shared/http/planted-channel.ts → diagnostics_channel',
  },
  {
    file: 'shared/console/planted-disk.ts',
    text: "export const load = () => import('node:fs')\n",
    says: 'doors-use-hashing-alone: shared/console/planted-disk.ts → fs',
  },
  {
    file: 'shared/http/planted-edge-user.ts',
    text: "import { untilLeft } from './left-clients.ts'\nexport const follow = untilLeft\n",
    says: 'pure-imports-no-edge: shared/http/planted-edge-user.ts → shared/http/left-clients.ts',
  },
  {
    file: 'shared/http/guard.ts',
    text: "import { createTableRows } from '../audit/table-rows.ts'\nexport const guard = createTableRows\n",
    says: 'doors-import-one-edge: shared/http/guard.ts → shared/audit/table-rows.ts',
  },
  {
    file: 'shared/masking/planted-functions.ts',
    text: "import { app } from '@azure/functions'\nexport const functions = app\n",
    says: 'functions-library-at-the-door: shared/masking/planted-functions.ts → ',
  },
  {
    file: 'shared/quota/planted-cycle-one.ts',
    text: "import { two } from './planted-cycle-two.ts'\nexport const one = (): unknown => two\n",
    says: 'no-cycles: shared/quota/planted-cycle-one.ts → shared/quota/planted-cycle-two.ts',
  },
  {
    file: 'shared/quota/planted-cycle-two.ts',
    text: "import { one } from './planted-cycle-one.ts'\nexport const two = (): unknown => one\n",
    // A cycle is reported once.
    says: '',
  },
  {
    file: 'shared/quota/planted-edge-user.ts',
    text: "import { createTableRows } from '../audit/table-rows.ts'\nexport const make = createTableRows\n",
    says: 'pure-imports-no-edge: shared/quota/planted-edge-user.ts → shared/audit/table-rows.ts',
  },
  {
    file: 'shared/upstream/postgres-cancel.ts',
    text: "import './rest.ts'\nimport 'jose'\n",
    says: 'edge-postgres-imports-no-other-edge: shared/upstream/postgres-cancel.ts → shared/upstream/rest.ts',
  },
  {
    file: 'shared/upstream/rest.ts',
    text: "import { importPKCS8 } from 'jose'\nimport '../pipeline/handle.ts'\nexport const key = importPKCS8\n",
    says: 'edge-rest-uses-its-one-sdk: shared/upstream/rest.ts → ',
  },
  {
    file: 'shared/audit/verify-planted.ts',
    text: "import { createAuditWriter } from './writer.ts'\nexport const trust = createAuditWriter\n",
    says: 'checker-does-not-trust-writer: shared/audit/verify-planted.ts → shared/audit/writer.ts',
  },
  {
    file: 'shared/http/planted-stand-in.ts',
    text: "import { personas } from '../../infra/local/personas.ts'\nexport const people = personas\n",
    says: 'product-knows-no-stand-in: shared/http/planted-stand-in.ts → infra/local/personas.ts',
  },
  {
    file: 'shared/http/planted-unresolved.ts',
    text: "import './is-not-there.ts'\n",
    says: 'nothing-unresolved: shared/http/planted-unresolved.ts → ',
  },
  {
    file: 'shared/quota/planted-clock.ts',
    text: 'export const now = Date.now\n',
    says: 'shared/quota/planted-clock.ts:1 pure file uses Date.now',
  },
  {
    file: 'shared/quota/planted-today.ts',
    text: '\nexport const today = () => new Date()\n',
    says: 'shared/quota/planted-today.ts:2 pure file uses new Date() without a time',
  },
  {
    file: 'shared/quota/planted-chance.ts',
    text: 'export const chance = () => Math.random()\n',
    says: 'shared/quota/planted-chance.ts:1 pure file uses Math.random',
  },
  {
    file: 'shared/quota/planted-uuid.ts',
    text: "import { randomUUID } from 'node:crypto'\nexport const id = randomUUID\n",
    says: 'shared/quota/planted-uuid.ts:1 pure file uses randomUUID of node:crypto',
  },
  {
    file: 'shared/quota/planted-process.ts',
    text: "export const write = () => process.stdout.write('')\n",
    says: 'shared/quota/planted-process.ts:1 pure file uses process.stdout',
  },
  {
    file: 'shared/quota/planted-fetch.ts',
    text: "export const get = () => fetch('https://example.com')\n",
    says: 'shared/quota/planted-fetch.ts:1 pure file uses the global fetch',
  },
  {
    file: 'shared/http/planted-environment.ts',
    text: 'export const home = process.env.HOME\n',
    says: 'shared/http/planted-environment.ts:1 reads the environment outside shared/config',
  },
]

const innocent: readonly (readonly [file: string, text: string])[] = [
  [
    'shared/quota/innocent-types.ts',
    "import type { TableClient } from '@azure/data-tables'\nexport type Tables = TableClient\n",
  ],
  ['shared/quota/innocent-hash.ts', "import { createHash } from 'node:crypto'\nexport const hash = createHash\n"],
  ['shared/http/innocent-hash.ts', "import { hash } from 'node:crypto'\nexport const digest = hash\n"],
  [
    'shared/http/innocent-types.ts',
    "import type { ServerResponse } from 'node:http'\nexport type Answering = ServerResponse\n",
  ],
  ['shared/quota/innocent-port.ts', 'export const get = (fetch: (url: string) => unknown) => fetch("/")\n'],
  ['shared/quota/innocent-date.ts', '// Date.now and process.env in a comment\nexport const at = new Date(0)\n'],
]

describe('the import rules', () => {
  let copy: RepositoryCopy
  let finding: Finding

  beforeAll(async () => {
    copy = await copyRepository()
    for (const { file, text } of planted) await copy.plant(file, text)
    for (const [file, text] of innocent) await copy.plant(file, text)
    finding = await checkImports(copy.root)
  })
  afterAll(() => copy.remove())

  it.each(planted.filter(({ says }) => says !== ''))('see the fault in $file', ({ says }) => {
    expect(finding.violations.filter((line) => line.startsWith(says))).not.toEqual([])
  })

  it('see an edge that imports the line', () => {
    expect(finding.violations).toContain('edges-import-no-line: shared/upstream/rest.ts → shared/pipeline/handle.ts')
  })

  it.each(innocent)('have nothing against %s', (file) => {
    expect(finding.violations.filter((line) => line.includes(file))).toEqual([])
  })
})

describe('the import check', () => {
  it('fails where it sees too few modules and an edge that is gone', async () => {
    const copy = await copyRepository(['shared/quota', 'tsconfig.json', '.dependency-cruiser.cjs', 'infra/build'])
    await copy.plant('functions/lonely.ts', 'export const lonely = 1\n')
    const { violations } = await checkImports(copy.root).finally(() => copy.remove())
    expect(violations[0]).toMatch(/^saw \d modules, fewer than/)
    expect(violations).toContain('infra/build/edges.json: no shared/audit/table-rows.ts')
  })
})
