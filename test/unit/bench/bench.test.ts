import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { budgets, keepsBudget, unmeasured } from '../../bench/budgets.ts'
import { benchNames, isBenchName } from '../../bench/catalogue.ts'
import { compareFigure } from '../../bench/measurement.ts'
import { page, replaceFigures } from '../../bench/performance-page.ts'
import { quantile, takeTurns } from '../../bench/rounds.ts'
import { runBenches } from '../../bench/run-benches.ts'

const launcher = fileURLToPath(new URL('../../../infra/local/launch.ts', import.meta.url))

/** The command as npm runs it. */
function launch(...args: readonly string[]): Promise<{ readonly code: number; readonly stdout: string }> {
  const command = ['--import', import.meta.resolve('tsx'), launcher, 'bench', ...args]
  return new Promise((resolve) => {
    execFile(process.execPath, command, (error, stdout) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout })
    })
  })
}

/** The command in this process; a bench is what `program` says. */
async function runHere(args: readonly string[], program = 'process.exit(70)') {
  const said = { stdout: '', stderr: '' }
  const hear = (stream: 'stdout' | 'stderr') =>
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      said[stream] += String(text)
      return true
    })
  const spies = [hear('stdout'), hear('stderr')]
  try {
    return { code: await runBenches(args, async () => ['-e', program]), ...said }
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
}

const measurement = z
  .strictObject({
    bench: z.string(),
    case: z.string().min(1),
    value: z.number().min(0),
    unit: z.string().min(1),
    peer: z.string().min(1).optional(),
    ratio: z.number().positive().optional(),
  })
  .refine(({ peer, ratio }) => (peer === undefined) === (ratio === undefined))

describe('bench command', () => {
  it('prints measurements as JSON lines and nothing else', async () => {
    const { code, stdout } = await launch('bundle', '--quick', '--json')
    const lines = stdout.trimEnd().split('\n')
    const measured = lines.map((line) => measurement.parse(JSON.parse(line)))
    expect({ code, benches: [...new Set(measured.map((one) => one.bench))] }).toEqual({ code: 0, benches: ['bundle'] })
    const budget = budgets.filter((one) => one.bench === 'bundle')
    expect(budget.map((one) => measured.some((each) => each.case === one.case))).toEqual([true, true])
  })

  it.each([
    ['an unknown name', ['bundle', 'nothing']],
    ['an unknown option', ['--fast']],
    ['a count that is none', ['verify', '--rows', 'many']],
    ['a page of some benches only', ['bundle', '--write-docs']],
    ['a page of a quick run', ['--quick', '--write-docs']],
  ])('refuses %s with the usage', async (_what, args) => {
    const { code, stdout, stderr } = await runHere(args)
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' })
    expect(stderr).toContain('usage: npm run bench')
  })

  it('fails and names the benches that could not be measured, and measures the others', async () => {
    const figure = { bench: 'append', case: 'c', value: 1, unit: 'u' }
    const program = `if (!process.argv.includes('append')) process.exit(3)
      console.log('${JSON.stringify(figure)}')`
    const { code, stdout, stderr } = await runHere(['append', 'verify', 'bundle', '--json'], program)
    expect({ code, lines: stdout }).toEqual({ code: 1, lines: `${JSON.stringify(figure)}\n` })
    expect(stderr).toContain('could not be measured: verify, bundle\n')
  })

  it('fails where a bench ends well but without figures', async () => {
    const { code, stderr } = await runHere(['verify'], '0')
    expect(code).toBe(1)
    expect(stderr).toContain('could not be measured: verify\n')
  })

  it('fails where a whole run says nothing of a budget', async () => {
    const program = `console.log('{"bench":"verify","case":"all checks","value":1,"unit":"u"}')`
    const { code, stderr } = await runHere(['--json'], program)
    expect(code).toBe(1)
    expect(stderr).toContain('append (p99)')
    expect(stderr).not.toContain('verify (all checks)')
  })
})

describe('performance page', () => {
  const text = readFileSync(page, 'utf8')

  it.each(benchNames)('says what %s measures', (name) => {
    expect(text).toContain(`**${name}**`)
  })

  it('takes the figures of a run between its marks', () => {
    const once = replaceFigures(text, 'first')
    const again = replaceFigures(once, 'second')
    expect(again).toContain('second')
    expect(again).not.toContain('first\n')
    expect(() => replaceFigures('no marks', 'figures')).toThrow('no marks')
  })
})

describe('budgets', () => {
  it('are each of a bench that there is, once', () => {
    expect(budgets.filter((one) => !isBenchName(one.bench))).toEqual([])
    expect(new Set(budgets.map((one) => `${one.bench} ${one.case}`)).size).toBe(budgets.length)
  })

  it('are missed by a figure beyond them and by a ratio that was not measured', () => {
    const of = (least: number, more: object) => ({ bench: 'b', case: 'c', of: 'ratio', least, ...more }) as const
    const figure = { bench: 'b', case: 'c', value: 1, unit: 's' }
    expect(keepsBudget({ ...figure, peer: 'p', ratio: 3 }, of(3, {}))).toBe(true)
    expect(keepsBudget({ ...figure, peer: 'p', ratio: 2.9 }, of(3, {}))).toBe(false)
    expect(keepsBudget(figure, of(0, {}))).toBe(false)
    expect(keepsBudget(figure, { bench: 'b', case: 'c', of: 'value', most: 0.5 })).toBe(false)
  })

  it('are named where a run says nothing of them', () => {
    expect(unmeasured([])).toHaveLength(budgets.length)
  })
})

describe('figures', () => {
  it('are compared so that more than one is better, of rates and of costs', () => {
    const figure = { case: 'c', value: 10, unit: 'u', peer: 'p' }
    expect(compareFigure('rate', figure, 5).ratio).toBe(2)
    expect(compareFigure('cost', figure, 5).ratio).toBe(0.5)
  })

  it('are taken in turns, and who begins changes', async () => {
    const order: string[] = []
    const side = (name: string) => async () => order.push(name)
    await takeTurns(3, { ours: side('ours'), peer: side('peer') })
    expect(order).toEqual(['ours', 'peer', 'peer', 'ours', 'ours', 'peer'])
  })

  it.each([
    [0.5, 2],
    [0.99, 4],
    [0, 1],
  ])('have quantile %d by nearest rank', (share, expected) => {
    expect(quantile([4, 2, 1, 3], share)).toBe(expected)
  })
})
