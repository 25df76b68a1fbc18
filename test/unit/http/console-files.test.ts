import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parseSettings } from '../../../shared/config/settings.ts'
import { createConsole } from '../../../shared/http/console-files.ts'
import { inboundFor } from '../../support/line-world.ts'

const folder = fileURLToPath(new URL('../../../shared/console/', import.meta.url))
const sample = readFileSync(new URL('../../../local.settings.sample.json', import.meta.url), 'utf8')
const settings = parseSettings(JSON.parse(sample).Values)
const answer = createConsole(settings, folder)
const ask = (operation: string) => answer({ ...inboundFor(''), operation })

describe('the console', () => {
  it('is a page that runs its own script and nothing else, in nobody’s frame', async () => {
    const { status, headers, body } = await ask('')
    const policy = (headers['content-security-policy'] ?? '').split('; ')
    expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
    expect(policy).toEqual(
      expect.arrayContaining(["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"]),
    )
    expect(policy).toContain("connect-src 'self' https://login.microsoftonline.com")
    expect([...body.matchAll(/<script\b[^>]*>([^<]*)/g)].map(([, inline]) => inline)).toEqual([''])
  })

  it('is told how to sign in, and no secret', async () => {
    const settingsShown = JSON.parse((await ask('config.json')).body)
    expect(settingsShown).toEqual({
      issuer: `https://login.microsoftonline.com/${settings.COUNTERSIGN_HOME_TENANT}/v2.0`,
      authorizeUrl: `https://login.microsoftonline.com/${settings.COUNTERSIGN_HOME_TENANT}/oauth2/v2.0/authorize`,
      tokenUrl: `https://login.microsoftonline.com/${settings.COUNTERSIGN_HOME_TENANT}/oauth2/v2.0/token`,
      clientId: settings.COUNTERSIGN_CONSOLE_CLIENT_ID,
      scope: `api://${settings.COUNTERSIGN_CLIENT_ID}/control`,
    })
  })

  it.each(['../build.json', 'main.ts', 'index.html', '__proto__', 'toString'])('has no file %s', async (name) => {
    await expect(ask(name)).rejects.toMatchObject({ code: 'operation_unknown' })
  })
})
