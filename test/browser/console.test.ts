import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import { createAgent } from '../../infra/local/demo/client.ts'
import { openBrowser, type Page } from '../support/browser.ts'
import { type Launched, launchStack } from '../support/gateway-launch.ts'
import { isOnPath, needs } from '../support/tools.ts'

const telephone = 390
const hasChromium = isOnPath('chromium')

let stack: Launched
let folder = ''
let picture = ''

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-console-'))
  picture = process.env.UPDATE_DOCS === '1' ? 'docs/console.png' : join(folder, 'request.png')
  if (hasChromium) stack = await launchStack()
}, 120_000)

afterAll(async () => {
  await stack?.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** Alice asks to delete one order: the answer waits for a second person. */
async function ask(id: number) {
  const agent = createAgent(stack.file)
  const alice = await agent.signIn('alice', { acrs: ['c1'] })
  const inputs = { sql: 'DELETE FROM sales.orders WHERE id = $1', params: [id] }
  return () => agent.call(alice, 'azure-postgresql/executeDestructive', inputs)
}

async function signIn(page: Page, name: string, place = ''): Promise<void> {
  await page.open(`${stack.file.gateway}/console${place}`)
  await page.until(`document.getElementById('${name}') !== null`)
  await page.evaluate(`document.getElementById('${name}').click()`)
}

const press = (title: string) =>
  `[...document.querySelectorAll('button')].find((button) => button.textContent === ${JSON.stringify(title)}).click()`

describe('the console on a telephone', () => {
  needs('chromium')(
    'lets a second person read exactly what would run, sign in strongly, and approve it',
    async () => {
      const repeat = await ask(883)
      const pending = await repeat()
      expect([pending.status, pending.body.code]).toEqual([403, 'approval_pending'])
      const { id } = pending.body.approval as { id: string }
      const page = await openBrowser(telephone)
      try {
        await signIn(page, 'carol')
        await page.until(`document.querySelector('a.card') !== null`)
        await page.screenshot(join(folder, 'list.png'))
        await page.evaluate(`document.querySelector('a.card').click()`)
        await page.until(`document.querySelector('textarea') !== null`)
        const text = await page.evaluate<string>('document.body.innerText')
        expect(text).toContain('DELETE FROM sales.orders WHERE id = $1')
        expect(text).toContain('883')
        // What the backend says of itself is folded away, and opens without a script.
        expect(text).toContain('flexible server: as the person')
        expect(text).not.toContain('Each person has a login of their own')
        await page.evaluate(`document.querySelector('details summary').click()`)
        await page.until(`document.body.innerText.includes('Each person has a login of their own')`)
        expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
        await page.screenshot(picture)
        // Without a reason nothing is sent.
        await page.evaluate(press('Approve'))
        await page.until(`document.querySelector('.note') !== null`)
        expect((await repeat()).body.code).toBe('approval_pending')
        // The first vote is answered with a challenge: a fresh sign-in, and what was typed is still there.
        await page.evaluate(`document.querySelector('textarea').value = 'The customer asked for it.'`)
        await page.evaluate(press('Approve'))
        await page.until(`document.getElementById('carol') !== null`)
        await page.evaluate(`document.getElementById('carol').click()`)
        await page.until(`document.querySelector('textarea')?.value === 'The customer asked for it.'`)
        await page.evaluate(press('Approve'))
        await page.until(`document.body.innerText.includes('Revoke the approval')`)
        expect(await page.evaluate('location.hash')).toBe(`#/approvals/${id}`)
        // Nothing was missing and no policy violated; the challenge is an answer that the browser notes as an error.
        const own = page.complaints().filter((text) => !text.includes(stack.file.entra))
        expect(own.filter((text) => !text.includes('status of 401'))).toEqual([])
      } finally {
        await page.close()
      }
      expect((await repeat()).status).toBe(200)
      expect((await repeat()).body.code).toBe('approval_used')
    },
    90_000,
  )

  needs('chromium')(
    'shows a requester their own request without a vote, and lets them take it back',
    async () => {
      const pending = await (await ask(884))()
      const { id } = pending.body.approval as { id: string }
      const page = await openBrowser(telephone)
      try {
        await signIn(page, 'alice', `#/approvals/${id}`)
        await page.until(`document.body.innerText.includes('Take it back')`)
        expect(await page.evaluate(`document.querySelector('textarea')`)).toBeNull()
        await page.evaluate(press('Take it back'))
        await page.until(`document.body.innerText.includes('cancelled')`)
        await page.screenshot(join(folder, 'own.png'))
        expect(statSync(join(folder, 'own.png')).size).toBeGreaterThan(10_000)
      } finally {
        await page.close()
      }
    },
    60_000,
  )

  needs('chromium')(
    'shows a person what was done as them, and switches an agent off and on again',
    async () => {
      const agent = createAgent(stack.file)
      const alice = await agent.signIn('alice')
      const call = () => agent.call(alice, 'azure-postgresql/executeQuery', { sql: 'SELECT 1 AS one' })
      expect((await call()).status).toBe(200)
      const control = await agent.signIn('alice', { control: true })
      await untilTrue(async () => {
        // What the tests before did stands there as well.
        const { activity } = (await agent.read(control, 'me/activity')).body as { activity: { operation: string }[] }
        return activity.some(({ operation }) => operation === 'executeQuery')
      })
      const page = await openBrowser(telephone)
      try {
        await signIn(page, 'alice', '#/activity')
        await page.until(`document.body.innerText.includes('azure-postgresql/executeQuery')`)
        expect(await page.evaluate<string>('document.body.innerText')).toContain('flexible server: as the person')
        expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
        await page.evaluate(press('Switch off'))
        await page.until(`document.body.innerText.includes('It no longer acts as you')`)
        await untilTrue(async () => (await call()).body.code === 'suspended')
        // Switching on again wants a strong sign-in just now.
        await page.evaluate(press('Switch on'))
        await page.until(`document.getElementById('alice') !== null`)
        await page.evaluate(`document.getElementById('alice').click()`)
        await page.until(`document.body.innerText.includes('Done as me')`)
        await page.until(`document.body.innerText.includes('Switch on')`)
        await page.evaluate(press('Switch on'))
        await page.until(`document.body.innerText.includes('It may act as you again')`)
        await untilTrue(async () => (await call()).status === 200)
      } finally {
        await page.close()
      }
    },
    180_000,
  )

  needs('chromium')(
    'shows an auditor a use of emergency access, and takes the review',
    async () => {
      const agent = createAgent(stack.file)
      const holder = await agent.signIn('heidi', { control: true, acrs: ['c2'] })
      const justification = 'The payroll run stands still and nobody else can be reached.'
      const headers = { authorization: `Bearer ${holder}`, 'content-type': 'application/json' }
      const body = JSON.stringify({ justification, minutes: 5 })
      const broken = await fetch(`${stack.file.gateway}/api/break-glass`, { method: 'POST', headers, body })
      const { id } = (await broken.json()) as { id: string }
      expect(broken.status).toBe(201)
      const page = await openBrowser(telephone)
      try {
        await signIn(page, 'dave', `#/break-glass/${id}`)
        await page.until(`document.body.innerText.includes(${JSON.stringify(justification)})`)
        await page.evaluate(`document.querySelector('textarea').value = 'Looked at with payroll: fine.'`)
        await page.evaluate(press('Reviewed'))
        await page.until(
          `document.body.innerText.includes('Looked at with payroll: fine.') && !document.querySelector('textarea')`,
        )
        expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
      } finally {
        await page.close()
      }
    },
    60_000,
  )
})

/** Long enough for the index of the book, which is made once a minute. */
async function untilTrue(look: () => Promise<boolean>): Promise<void> {
  for (const until = Date.now() + 100_000; Date.now() < until; await sleep(250)) if (await look()) return
  throw new Error('it never became true')
}
