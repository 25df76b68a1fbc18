import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from '../../../infra/build/build.ts'
import { logRows } from '../../../shared/audit/row-log.ts'
import { Problem } from '../../../shared/errors/problem.ts'
import { createRefusal } from '../../../shared/http/refusal.ts'
import { createLog, type LogFields } from '../../../shared/telemetry/log.ts'
import { fill, lines, readAlerts, readRules, readWorkbook } from '../../support/alert-files.ts'
import { createKqlAnalyser } from '../../support/kql-tables.ts'
import { readLogCalls } from '../../support/log-calls.ts'
import { createMemoryRows } from '../audit/memory-rows.ts'

// Columns as Azure Monitor documents them of its table AppTraces; those that are asked for.
const analyse = createKqlAnalyser({
  AppTraces: { TimeGenerated: 'datetime', Message: 'string', AppRoleName: 'string' },
})
const logged = await readLogCalls()

/** What really leaves for these fields: the log drops the rest. */
function survivors(event: string, fields: LogFields): readonly string[] {
  let written = '{}'
  createLog(
    (line) => {
      written = line
    },
    () => 0,
  )(event, fields)
  return Object.keys(JSON.parse(written) as object)
}

/** Fields of events whose call does not name them all; the first two from the code itself, run here. */
async function openFields(): Promise<Readonly<Record<string, readonly string[]>>> {
  return {
    row: await fieldsOfRow(),
    refused: fieldsOfRefusal(),
    unexpected: ['error'],
    // Asserted where the desk of releases is tested.
    policy_release_entered: ['version', 'digest'],
    policy_release_loaded: ['version', 'digest'],
    policy_release_refused: ['reason', 'version', 'digest'],
  }
}

async function fieldsOfRow(): Promise<readonly string[]> {
  const seen: LogFields[] = []
  const rows = logRows(
    { ...createMemoryRows(), commit: async () => ({ ok: false, fault: 'ambiguous' }) as never },
    {
      log: (_event, fields) => seen.push(fields),
      defer: (work) => work(),
    },
  )
  const content = Buffer.from(`{"traceId":"${'a'.repeat(32)}","v":1}`)
  const properties = { kind: 'intent', kid: 'k/1', decisionId: 'd', tenant: 't', verdict: 'deny', c: content }
  await rows.commit('rows', [{ kind: 'insert', entity: { partitionKey: 'L00|1', rowKey: 'r1', properties } }])
  return Object.keys(seen[0] ?? {})
}

function fieldsOfRefusal(): readonly string[] {
  let fields: LogFields = {}
  const refuse = createRefusal({
    identification: { build: 'b' } as never,
    log: (_event, given = {}) => {
      fields = given
    },
    newId: () => 'i',
    randomHex: (bytes) => 'a'.repeat(bytes * 2),
  })
  refuse(new Problem('audit_unavailable', 'x', { reason: 'vault' }), { headers: {} } as never)
  return Object.keys(fields)
}

const open = await openFields()

function fieldsOf(event: string): readonly string[] {
  const known = logged.get(event)
  const names = [...(known?.fields ?? []), ...(open[event] ?? [])]
  return survivors(event, Object.fromEntries(names.map((name) => [name, 'x'])))
}

/** Events that a query compares with, and fields of lines that it takes. */
function namesIn(query: string) {
  const compared = [...query.matchAll(/\bevent (?:==|in) (\([^)]*\)|'[a-z_]+')/g)].flatMap(([, list = '']) =>
    [...list.matchAll(/'([a-z_]+)'/g)].map(([, name = '']) => name),
  )
  return { events: [...new Set(compared)], fields: [...query.matchAll(/\bline\.(\w+)/g)].map(([, name = '']) => name) }
}

const alerts = readAlerts()
const rules = readRules('alerts.bicep')
const analytics = readRules('sentinel.bicep')
const queries = [
  ...Object.entries(alerts).map(([name, query]) => [`the alert ${name}`, query, `${lines()}\n${query}`] as const),
  ...Object.entries(readWorkbook()).map(([name, query]) => [`“${name}” of the workbook`, query, query] as const),
]

describe('a query (analysed, not run)', () => {
  it.each(queries)('of %s is right for Microsoft’s own analyser', (_name, _query, whole) => {
    expect(analyse(fill(whole)).faults).toEqual([])
  })

  it.each(queries)('of %s asks for events that the code logs, and for fields that they have', (_name, query) => {
    const { events, fields } = namesIn(query.replace(lines().trim(), ''))
    expect(events.filter((event) => !logged.has(event) && event !== 'row')).toEqual([])
    const had = new Set(events.flatMap(fieldsOf))
    expect(fields.filter((field) => !had.has(field))).toEqual([])
    expect(events.length).toBeGreaterThan(query.includes('event') ? 0 : -1)
  })

  it('with a misspelt column, or of another table, is found wrong by that analyser', () => {
    expect(analyse(fill(`${lines()}\nlines | where evnt == 'x'`)).faults).toHaveLength(1)
    expect(analyse('Requests | take 1').faults).toHaveLength(1)
  })

  it('of a field that its event does not have is found', () => {
    expect(fieldsOf('night_reported')).toEqual(['time', 'event', 'run', 'status'])
    expect(fieldsOf('state_unswept')).not.toContain('what')
  })
})

describe('a rule', () => {
  it('is there for each query, with a page of what to do, and none for anything else', () => {
    const page = readFileSync(join(root, 'docs/alerts.md'), 'utf8')
    const headings = [...page.matchAll(/^## ([a-z-]+)$/gm)].map(([, name]) => name)
    expect(Object.keys(rules).sort()).toEqual(Object.keys(alerts))
    expect(headings.sort()).toEqual(Object.keys(alerts))
    expect(Object.keys(analytics).filter((name) => !(name in alerts))).toEqual([])
  })

  it.each([...Object.entries(rules), ...Object.entries(analytics)])(
    '%s loads the query of its own name',
    (name, rule) => {
      expect(rule.query).toBe(`loadTextContent('alerts/${name}.kql')`)
    },
  )

  // Azure Monitor: "Create or edit a log search alert rule", of frequencies, aggregations and the override of the range.
  const minutes: Readonly<Record<string, number>> = {
    ...{ PT5M: 5, PT10M: 10, PT15M: 15, PT30M: 30, PT1H: 60, P1D: 1440, P2D: 2880 },
  }

  it.each(Object.entries(rules))('%s looks as far back as its query says, in steps that Azure has', (name, rule) => {
    const [every, window, range] = [rule.every, rule.window, rule.range].map(
      (span) => minutes[span ?? ''] ?? Number.NaN,
    )
    const query = `${alerts[name]}`
    const ago = [...query.matchAll(/ago\((\d+)([mhd])\)/g)].map(([, count, unit]) => Number(count) * span(unit))
    expect(every).toBeLessThanOrEqual(window ?? 0)
    expect(range).toBeGreaterThanOrEqual(Math.max(window ?? 0, ...ago))
    expect(['state', 'event']).toContain(rule.kind)
    // What is told once and then muted must not be missed between two looks.
    if (rule.kind === 'event') expect(window).toBeGreaterThan(every ?? 0)
  })

  it('gets its lines whole: nothing of them is sampled away', () => {
    const { logging } = JSON.parse(readFileSync(join(root, 'host.json'), 'utf8')) as {
      logging: { applicationInsights: { samplingSettings: { excludedTypes: string } }; logLevel: { default: string } }
    }
    expect(logging.applicationInsights.samplingSettings.excludedTypes.split(';')).toContain('Trace')
    expect(logging.logLevel.default).toBe('Information')
  })
})

function span(unit: string | undefined): number {
  return unit === 'd' ? 1440 : unit === 'h' ? 60 : 1
}
