import { describe, expect, it } from 'vitest'
import { type PersonaName, personas } from '../../infra/local/personas.ts'
import type { World } from './gateway-world.ts'

const stackTrace = /\n\s+at |node:internal|node_modules|\.[cm]?[jt]s:\d+/
const machinePath = /\/(?:tmp|home|root|work|usr|var)\//

/** What stands in the book, the logs and the answers after everything else has happened. Comes last. */
export function describeBook(world: () => World): void {
  describe('after all that', () => {
    it('the book verifies', async () => {
      const { code, stdout } = await world().command('audit:verify', '--json')
      const report = JSON.parse(stdout)
      expect([report.verdict, report.findings, code]).toEqual(['PASS', [], 0])
      expect(report.counts.intents).toBeGreaterThan(200)
      expect(report.counts.outcomes).toBe(report.counts.intents)
    })

    it('no row holds a name, an address, a statement, a literal, a purpose or a token', async () => {
      const { book, erasable } = splitDump(await world().dump())
      expect(book.length).toBeGreaterThan(500)
      // What a row commits to stands in the erasable table, and nowhere else.
      expect(erasable.some((line) => line.includes('SELECT session_user'))).toBe(true)
      const dump = book.join('\n')
      expect(heldTokens(world(), erasable.join('\n'))).toEqual([])
      const sensitive = [...(await clearTexts(world())), 'zebra-crossing', 'SELECT ', 'DELETE FROM', '/etc/passwd']
      expect(sensitive.filter((text) => holds(dump, text))).toEqual([])
      expect(heldTokens(world(), dump)).toEqual([])
    })

    it('no line of the log holds one either', () => {
      const log = world().output()
      const people = Object.values(personas).flatMap(({ displayName, username }) => [displayName, username])
      const sensitive = [
        ...people.filter((text) => text !== '' && text !== 'Robot'),
        'customer.example',
        'SELECT ',
        'zebra-crossing',
      ]
      expect(sensitive.filter((text) => log.includes(text))).toEqual([])
      expect(heldTokens(world(), log)).toEqual([])
    })

    it('no answer held a token, a stack, a path of this machine or the inside of the library', () => {
      const { answers, file } = world()
      expect(answers.length).toBeGreaterThan(300)
      const leaky = answers.filter(({ text }) => stackTrace.test(text) || machinePath.test(text))
      expect(leaky.map(({ ask, text }) => [ask.path.slice(0, 80), text.slice(0, 200)])).toEqual([])
      const all = answers.map(({ text }) => text).join('\n')
      expect(heldTokens(world(), all)).toEqual([])
      expect(all).not.toContain(new URL(file.entra).host)
    })
  })
}

function splitDump(dump: string): { book: string[]; erasable: string[] } {
  const lines = dump.split('\n').filter((line) => line !== '')
  // What an approver has to read stands in the table of approvals, which is no part of the book either.
  const isErasable = (line: string) => /^\{"table":"(auditpii|approvals)"/.test(line)
  return { book: lines.filter((line) => !isErasable(line)), erasable: lines.filter(isErasable) }
}

/** Random ids and codes in base64 hold `bob` now and then: a bare word counts where it is not a part of a longer one. */
function holds(dump: string, text: string): boolean {
  return /^\w+$/.test(text) ? new RegExp(`(?<![\\w+/-])${text}(?![\\w+/-])`).test(dump) : dump.includes(text)
}

/** Signatures of tokens that a text holds; whole tokens would be found by them too. */
function heldTokens({ issued }: World, text: string): string[] {
  const signatures = issued.map((token) => token.split('.')[2] ?? '').filter((part) => part.length > 40)
  return signatures.filter((part) => text.includes(part))
}

async function clearTexts(world: World): Promise<string[]> {
  const customers = await world.rows('carol', 'SELECT name, email, phone FROM sales.customers')
  const employees = await world.rows('heidi', 'SELECT name, email, national_id FROM hr.employees')
  const values = [...customers, ...employees].flatMap((row) => Object.values(row).map(String))
  const people = (Object.keys(personas) as PersonaName[]).filter((name) => name !== 'robot')
  return [...new Set(values), ...people, ...people.map((name) => personas[name].displayName)]
}
