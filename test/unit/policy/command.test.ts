import { afterEach, describe, expect, it, vi } from 'vitest'
import { run } from '../../../infra/local/commands/policy.ts'

afterEach(() => vi.restoreAllMocks())

async function outputOf(args: readonly string[]): Promise<{ code: number; out: string }> {
  const written: string[] = []
  const catchText = (text: string | Uint8Array) => written.push(String(text)) > 0
  vi.spyOn(process.stdout, 'write').mockImplementation(catchText)
  vi.spyOn(process.stderr, 'write').mockImplementation(catchText)
  const code = await run(args)
  return { code, out: written.join('') }
}

describe('the policy command', () => {
  it('tests the shipped tables', async () => {
    const { code, out } = await outputOf(['test'])
    expect(code).toBe(0)
    expect(out).toMatch(/^[1-9]\d* passed, 0 failed\n$/)
  })

  it('explains a decision by persona, with what would let it pass', async () => {
    const call = ['--backend', 'azure-postgresql', '--operation', 'executeDestructive', '--effect', 'delete']
    const { code, out } = await outputOf([
      'explain',
      '--json',
      '--persona',
      'alice',
      ...call,
      '--writes',
      'sales.orders',
    ])
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({
      verdict: 'permit',
      wouldPassIf: [{ of: 'delete-four-eyes' }, { of: 'c1' }],
    })
  })

  it.each([
    ['an unknown flag', ['test', '--nope']],
    ['a folder without policies', ['lint', '--folder', 'docs']],
    ['an unknown persona', ['explain', '--persona', 'nobody']],
  ])('fails for %s', async (_, args) => {
    expect((await outputOf(args)).code).toBe(1)
  })

  it.each([
    ['no command', []],
    ['an unknown command', ['constructor']],
  ])('says how it is used for %s', async (_, args) => {
    expect((await outputOf(args)).code).toBe(64)
  })
})
